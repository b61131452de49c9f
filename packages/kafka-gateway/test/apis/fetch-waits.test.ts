/** Long polls on a clock that the test moves: never answered too early, never too late. */
import { describe, expect, it } from 'vitest';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { fetch } from '../../src/messages/fetch.ts';
import { fetchFrom, fetchRequest, partitionsOf, put, stage, valuesOf, WaitClock } from '../fetching.ts';
import { RawClient } from '../harness.ts';

const noTopic = '11111111-2222-3333-4444-555555555555';

/** The broker has dealt with everything that it had got. */
async function settled(kafkaPort: number): Promise<void> {
  const other = await RawClient.connect(kafkaPort);
  for (let turn = 0; turn < 3; turn += 1) await other.ask(apiVersions, 0, {});
}

function isAnswered(answer: Promise<unknown>): () => boolean {
  let answered = false;
  void answer.then(() => (answered = true));
  return () => answered;
}

describe('long polls of Fetch', () => {
  it('B1 end when their time is up, and not a moment before', async () => {
    const clock = new WaitClock();
    const { kafkaPort, client, topicId } = await stage({ clock });
    const poll = fetchFrom(client, [{ topicId }], { maxWaitMs: 700 });
    const answered = isAnswered(poll);
    await clock.until(700, true);
    await clock.advance(699);
    await settled(kafkaPort);
    expect(answered()).toBe(false);
    await clock.advance(1);
    expect(partitionsOf(await poll)).toMatchObject([{ errorCode: 0, highWatermark: 0 }]);
  });

  it('B1 end with the first record where one byte is enough', async () => {
    const clock = new WaitClock();
    const { q, client, topicId } = await stage({ clock });
    const poll = fetchFrom(client, [{ topicId }], { maxWaitMs: 700 });
    await clock.until(700, true);
    await put(q, ['news']);
    expect(valuesOf(await poll)).toEqual(['news']);
  });

  it('B1 wait for as many bytes as they ask for, over all partitions', async () => {
    const clock = new WaitClock();
    const { q, kafkaPort, client, topicId } = await stage({ clock, partitions: 2 });
    const wishes = [0, 1].map((partition) => ({ topicId, partition }));
    await put(q, ['x'.repeat(400)]);
    const poll = fetchFrom(client, wishes, { maxWaitMs: 700, minBytes: 800 });
    const answered = isAnswered(poll);
    await clock.until(700, true);
    await settled(kafkaPort);
    expect(answered()).toBe(false);
    await put(q, ['y'.repeat(400)], { partition: 1 });
    expect(valuesOf(await poll)).toEqual(['x'.repeat(400), 'y'.repeat(400)]);
  });

  it('B1 give what there is when their time is up, and at once where nothing is to be waited for', async () => {
    const clock = new WaitClock();
    const { q, client, topicId } = await stage({ clock });
    await put(q, ['a']);
    const poll = fetchFrom(client, [{ topicId }], { maxWaitMs: 700, minBytes: 1 << 30 });
    await clock.until(700, true);
    await clock.advance(700);
    expect(valuesOf(await poll)).toEqual(['a']);
    const atEnd = [{ topicId, fetchOffset: 1 }];
    expect(valuesOf(await fetchFrom(client, atEnd, { maxWaitMs: 700, minBytes: 0 }))).toEqual([]);
    expect(valuesOf(await fetchFrom(client, atEnd, { maxWaitMs: -1 }))).toEqual([]);
    expect((await fetchFrom(client, [], { maxWaitMs: 700 })).responses).toEqual([]);
  });

  it('B1 do not storm: a consumer with nothing to read asks as often as its polls last', async () => {
    const clock = new WaitClock();
    const { client, topicId } = await stage({ clock, partitions: 3 });
    const wishes = [0, 1, 2].map((partition) => ({ topicId, partition }));
    let polls = 0;
    for (let elapsedMs = 0; elapsedMs < 4200; elapsedMs += 700) {
      const poll = fetchFrom(client, wishes, { maxWaitMs: 700 });
      const answered = isAnswered(poll);
      await clock.until(700, true);
      expect(answered()).toBe(false);
      await clock.advance(700);
      await poll;
      polls += 1;
    }
    expect(polls).toBe(6);
  });

  it('B1 wait although one topic is unknown: its reader would ask again at once', async () => {
    const clock = new WaitClock();
    const { client, topicId } = await stage({ clock });
    const poll = fetchFrom(client, [{ topicId: noTopic }, { topicId }], { maxWaitMs: 700 });
    await clock.until(700, true);
    await clock.advance(700);
    expect(partitionsOf(await poll).map(({ errorCode }) => errorCode)).toEqual([100, 0]);
    const alone = await fetchFrom(client, [{ topicId: noTopic }], { maxWaitMs: 700 });
    expect(partitionsOf(alone).map(({ errorCode }) => errorCode)).toEqual([100]);
  });

  it('B1 end at once when their topic is deleted', async () => {
    const clock = new WaitClock();
    const { q, client, topicId } = await stage({ clock });
    for (const [version, errorCode] of [[18, 100]] as const) {
      const poll = fetchFrom(client, [{ topicId }], { version, maxWaitMs: 700 });
      await clock.until(700, true);
      await q.admin.deleteTopic('orders');
      expect(partitionsOf(await poll)).toMatchObject([{ errorCode }]);
    }
  });

  it('B1 let the requests behind them begin, and are answered before those', async () => {
    const clock = new WaitClock();
    const { q, client, topicId } = await stage({ clock });
    client.send(fetch, 18, fetchRequest([{ topicId }], { maxWaitMs: 700 }));
    const after = client.send(apiVersions, 0, {});
    await clock.until(700, true);
    await put(q, ['news']);
    const first = await client.nextFrame();
    const second = await client.nextFrame();
    expect([first!.readInt32BE(), second!.readInt32BE()]).toEqual([after - 1, after]);
  });

  it('B1 of a connection that ends leave nothing behind', async () => {
    const clock = new WaitClock();
    const { client, topicId } = await stage({ clock });
    client.send(fetch, 18, fetchRequest([{ topicId }], { maxWaitMs: 700 }));
    await clock.until(700, true);
    client.socket.destroy();
    await clock.until(700, false);
    expect([...clock.waits.values()]).not.toContain(700);
  });
});

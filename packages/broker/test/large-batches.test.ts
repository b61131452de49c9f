/**
 * Batches that become large, over real sockets: everybody else is served meanwhile, and the order of a connection
 * holds.
 */
import { encodeBatch, stampProducer } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { RawClient } from './raw-client.ts';
import { batchOf, testBroker, testClient } from './harness.ts';

const MiB = 1 << 20;

/** A few kilobytes that become so many bytes. */
function bomb(bytes: number, value: Buffer = Buffer.alloc(MiB >> 1)): Buffer {
  const records = Array.from({ length: bytes / value.length }, () => ({ value, timestampMs: Date.now() }));
  return encodeBatch(records, { codec: 'gzip' });
}

describe('batches that become large', () => {
  it('W3 others are served while they are checked', async () => {
    const broker = await testBroker();
    const [sender, honest] = [await testClient(broker), await testClient(broker)];
    const { topicId } = await sender.createTopic('orders');
    const large = bomb(60 * MiB);
    let answered = 0;
    const answers = Array.from({ length: 6 }, async () => {
      const client = await testClient(broker);
      const answer = await client.produce(topicId, large, { timeoutMs: 60_000 });
      answered += 1;
      return answer;
    });
    for (let number = 0; answered === 0; number += 1) {
      expect(await honest.produce(topicId, batchOf(`honest ${number}`))).toMatchObject({ errorCode: 0 });
      // Another one that becomes large, but not as large, does not wait for those.
      if (number === 3) expect(await sender.produce(topicId, bomb(4 * MiB))).toMatchObject({ errorCode: 0 });
    }
    expect(answered).toBeLessThan(6);
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ errorCode: 0 });
  });

  it('P4 an idempotent producer keeps its order, whatever of its batches are large', async () => {
    const client = await testClient(await testBroker());
    const { topicId } = await client.createTopic('orders');
    const batches = Array.from({ length: 10 }, (_, index) => {
      const batch = index % 2 === 0 ? bomb(MiB * 3) : batchOf('small');
      stampProducer(batch, {
        producerId: 7,
        producerEpoch: 0,
        baseSequence: Math.ceil(index / 2) * 6 + Math.floor(index / 2),
      });
      return batch;
    });
    const answers = await Promise.all(batches.map((batch) => client.produce(topicId, batch, { timeoutMs: 30_000 })));
    expect(answers.map(({ errorCode }) => errorCode)).toEqual(Array(10).fill(0));
    expect(answers.map(({ baseOffset }) => baseOffset)).toEqual(
      batches.map((_, index) => Math.ceil(index / 2) * 6 + Math.floor(index / 2)),
    );
  });

  it('B6 what waits for its check when the broker stops is answered or dropped, and the broker stops', async () => {
    const broker = await testBroker();
    const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(broker)));
    const { topicId } = await clients[0]!.createTopic('orders');
    const large = bomb(60 * MiB);
    const answers = clients.map((client) =>
      client.produce(topicId, large).then(
        ({ errorCode }) => errorCode,
        (error: { code: string }) => error.code,
      ),
    );
    await broker.close({ timeoutMs: 20 });
    for (const answer of await Promise.all(answers)) expect([0, 'CONNECTION_LOST']).toContain(answer);
  });
});

/**
 * The power fails at every step of creating and deleting topics. Whatever was answered holds afterwards, and what was
 * not is there whole or not at all.
 */
import { ListTopics } from '@q/protocol';
import { FaultyFileSystem, SeededRandom } from '@q/testkit';
import { expect, it } from 'vitest';
import { startBroker } from '../src/index.ts';
import type { Broker } from '../src/index.ts';
import { batchOf, testBroker, testClient, valuesOf } from './harness.ts';
import { RawClient } from './raw-client.ts';

const options = { storage: 'file', dataDir: '/data', port: 0, admin: false } as const;

/** What is known of a topic: it was answered that it is there (or gone), or the answer is missing. */
type Knowledge = 'there' | 'gone' | 'unknown';

async function changeTopics(broker: Broker, known: Map<string, Knowledge>): Promise<void> {
  const client = await RawClient.connect(broker);
  const attempt = async (name: string, then: Knowledge, change: () => Promise<unknown>): Promise<void> => {
    known.set(name, 'unknown');
    await change();
    known.set(name, then);
  };
  await attempt('b', 'there', () => client.createTopic('b', { partitions: 2 }));
  await attempt('a', 'gone', () => client.deleteTopic('a'));
  await attempt('c', 'there', () => client.createTopic('c'));
  await attempt('b', 'gone', () => client.deleteTopic('b'));
}

/** Starts a broker on what the power cut left, and compares it with what is known. */
async function check(disk: FaultyFileSystem, known: Map<string, Knowledge>): Promise<void> {
  const broker = await testBroker({ ...options, fileSystem: disk });
  const client = await testClient(broker);
  const { topics } = await client.request(ListTopics, { includeInternal: false });
  const names = topics.map((topic) => topic.name);
  for (const [name, knowledge] of known) {
    if (knowledge === 'there') expect(names).toContain(name);
    if (knowledge === 'gone') expect(names).not.toContain(name);
  }
  expect(names).toContain('kept');
  for (const name of names) {
    const topic = await client.topic(name);
    for (const { partition, errorCode } of topic.partitions) {
      expect([name, partition, errorCode]).toEqual([name, partition, 0]);
      expect(await client.produce(topic.topicId, batchOf('usable'), { partition })).toMatchObject({ errorCode: 0 });
    }
  }
  const kept = await client.topic('kept');
  expect(valuesOf((await client.fetch(kept.topicId, 0)).records)).toEqual(['precious', 'usable']);
  for (const name of ['a', 'b', 'c']) {
    if (!names.includes(name)) await client.createTopic(name);
  }
  await broker.close();
}

it.each(['all', 'some', 'none'] as const)(
  'T1 S2 topics survive a power cut at any step, when %s of what was not synced is lost',
  async (loss) => {
    let steps = 0;
    for (let isDone = false; !isDone;) {
      steps += 1;
      const disk = new FaultyFileSystem({ random: new SeededRandom(steps) });
      const broker = await startBroker({ ...options, fileSystem: disk });
      const client = await RawClient.connect(broker);
      await client.createTopic('a');
      const { topicId } = await client.createTopic('kept');
      await client.produce(topicId, batchOf('precious'));

      const known = new Map<string, Knowledge>([['a', 'there']]);
      disk.stopAfter(steps);
      const changing = changeTopics(broker, known);
      const ended = await Promise.race([
        disk.stopped.then(() => 'stopped'),
        changing.then(
          () => 'done',
          () => 'stopped',
        ),
      ]);
      const next = await disk.crash(loss);
      // The dead broker never comes back; only its sockets are still to be closed.
      changing.catch(() => undefined);
      client.socket.destroy();
      await check(next, new Map(known));
      isDone = ended === 'done';
    }
    // Fewer would mean that the disk did not stop in the midst of the changes.
    expect(steps).toBeGreaterThan(20);
  },
);

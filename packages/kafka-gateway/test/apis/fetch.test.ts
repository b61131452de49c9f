import { connect } from '@q/client';
import type { Q } from '@q/client';
import { iterateBatches, iterateRecords } from '@q/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fetch } from '../../src/messages/fetch.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

type Answer = Awaited<ReturnType<typeof fetchOnce>>;

async function setUp(): Promise<{ q: Q; client: RawClient; topicId: string }> {
  const { broker, kafkaPort } = await kafkaBroker();
  const q = await connect(broker.url);
  onTestFinished(async () => void (await q.close()));
  await q.admin.createTopic('orders');
  const { topicId } = await q.admin.describeTopic('orders');
  return { q, client: await RawClient.connect(kafkaPort), topicId };
}

async function fetchOnce(
  client: RawClient,
  version: number,
  { topicId, offset = 0, maxWaitMs = 0 }: { topicId: string; offset?: number; maxWaitMs?: number },
) {
  return await client.ask(fetch, version, {
    maxWaitMs,
    minBytes: 1,
    maxBytes: 1 << 20,
    isolationLevel: 0,
    topics: [
      { topic: 'orders', topicId, partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1 << 20 }] },
    ],
  });
}

function valuesOf(answer: Answer): string[] {
  return answer.responses.flatMap(({ partitions }) =>
    partitions.flatMap(({ records }) =>
      [...iterateBatches(Buffer.concat(records ?? []))].flatMap((batch) =>
        [...iterateRecords(batch)].map(({ value }) => String(value)),
      ),
    ),
  );
}

describe('Fetch', () => {
  it('B1 reads in every version what the native client wrote', async () => {
    const { q, client, topicId } = await setUp();
    await using producer = q.producer();
    await producer.sendBatch('orders', [{ value: 'a' }, { value: 'b' }]);
    for (let version = 4; version <= 18; version += 1) {
      const answer = await fetchOnce(client, version, { topicId });
      expect(valuesOf(answer), `v${version}`).toEqual(['a', 'b']);
      const [partition] = answer.responses[0]!.partitions;
      expect(partition).toMatchObject({
        errorCode: 0,
        highWatermark: 2,
        lastStableOffset: 2,
        preferredReadReplica: -1,
      });
    }
  });
});

import { connect } from '@q/client';
import { describe, expect, it } from 'vitest';
import { listOffsets } from '../../src/messages/list-offsets.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

describe('ListOffsets', () => {
  it('B1 finds the start, the end and a time in every version', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    await using q = await connect(broker.url);
    await q.admin.createTopic('orders');
    await using producer = q.producer({ compression: 'gzip' });
    await producer.sendBatch(
      'orders',
      [1000, 2000, 3000].map((timestampMs) => ({ value: 'x', timestampMs })),
    );
    const client = await RawClient.connect(kafkaPort);
    for (let version = 1; version <= 11; version += 1) {
      const partitions = [-1, -2, 1500, 4000].map((timestamp) => ({ partitionIndex: 0, timestamp }));
      const answers = [];
      for (const partition of partitions) {
        const { topics } = await client.ask(listOffsets, version, {
          replicaId: -1,
          topics: [{ name: 'orders', partitions: [partition] }],
        });
        const { errorCode, offset, timestamp } = topics[0]!.partitions[0]!;
        answers.push({ errorCode, offset, timestamp });
      }
      expect(answers, `v${version}`).toEqual([
        { errorCode: 0, offset: 3, timestamp: -1 },
        { errorCode: 0, offset: 0, timestamp: -1 },
        { errorCode: 0, offset: 1, timestamp: 2000 },
        { errorCode: 0, offset: -1, timestamp: -1 },
      ]);
    }
  });
});

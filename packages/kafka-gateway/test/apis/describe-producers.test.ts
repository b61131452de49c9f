import { batchMaxTimestamp } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { describeProducers } from '../../src/messages/describe-producers.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { nativeClient } from '../native.ts';
import { batchOf, sendOne, stamped } from '../producing.ts';

describe('DescribeProducers', () => {
  it('B1 tells what a partition remembers of its idempotent producers, and of no others', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders', { partitions: 2 });
    const client = await RawClient.connect(kafkaPort);
    const last = stamped(batchOf('c', 'd'), { id: 7, epoch: 2, sequence: 1 });
    await sendOne(client, { name: 'orders' }, batchOf('a'));
    await sendOne(client, { name: 'orders' }, stamped(batchOf('b'), { id: 7, epoch: 2, sequence: 0 }));
    await sendOne(client, { name: 'orders' }, last);

    const { topics } = await client.ask(describeProducers, 0, {
      topics: [
        { name: 'orders', partitionIndexes: [0, 1, 2] },
        { name: 'nowhere', partitionIndexes: [0] },
      ],
    });
    expect(topics).toEqual([
      {
        name: 'orders',
        partitions: [
          {
            partitionIndex: 0,
            errorCode: 0,
            errorMessage: null,
            activeProducers: [
              {
                producerId: 7,
                producerEpoch: 2,
                lastSequence: 2,
                lastTimestamp: batchMaxTimestamp(last),
                coordinatorEpoch: -1,
                currentTxnStartOffset: -1,
              },
            ],
          },
          { partitionIndex: 1, errorCode: 0, errorMessage: null, activeProducers: [] },
          { partitionIndex: 2, errorCode: 3, errorMessage: expect.any(String), activeProducers: [] },
        ],
      },
      { name: 'nowhere', partitions: [expect.objectContaining({ partitionIndex: 0, errorCode: 3 })] },
    ]);
  });
});

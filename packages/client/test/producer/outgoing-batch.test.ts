import { BatchMemory, QError } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import { SendDelivery } from '../../src/producer/delivery.ts';
import { OutgoingBatch } from '../../src/producer/outgoing-batch.ts';
import { PartitionQueue } from '../../src/producer/partition-queue.ts';

const queue = new PartitionQueue<OutgoingBatch>({
  topic: { name: 'orders', topicId: '' },
  partition: 0,
  windowMax: 1,
  idempotent: true,
});
const answer = {
  partition: 0,
  errorCode: 0,
  errorMessage: null,
  baseOffset: 7,
  logAppendTimeMs: -1,
  logStartOffset: 0,
  duplicate: false,
  durability: 0,
};

/** Of one record for each: true for one that is waited for. */
function batchOf(isAwaited: readonly boolean[]): { batch: OutgoingBatch; deliveries: SendDelivery[] } {
  const memory = new BatchMemory({ bytesMax: 1 << 20 });
  const batch = new OutgoingBatch({
    queue,
    codec: 'none',
    bytesMax: 1 << 20,
    initialBytes: 512,
    createdAtMs: 0,
    deadlineMs: 1_000,
    epoch: 0,
    memory,
    isTransactional: false,
  });
  const deliveries: SendDelivery[] = [];
  for (const [index, awaited] of isAwaited.entries()) {
    batch.tryAppend(null, `value ${index}`, undefined, 1_000 + index);
    if (!awaited) continue;
    const delivery = new SendDelivery();
    batch.expect(delivery, 1_000 + index);
    deliveries.push(delivery);
  }
  batch.stamp({ producerId: 1, producerEpoch: 0 }, 0);
  return { batch, deliveries };
}

function resultsOf(deliveries: readonly SendDelivery[]): Promise<unknown[]> {
  return Promise.all(deliveries.map(({ promise }) => promise));
}

function sentBatch(memory: BatchMemory, sends: number): OutgoingBatch {
  const batch = new OutgoingBatch({
    queue,
    codec: 'none',
    bytesMax: 1 << 20,
    initialBytes: 50_100,
    createdAtMs: 0,
    deadlineMs: 1_000,
    epoch: 0,
    memory,
    isTransactional: false,
  });
  batch.tryAppend(null, Buffer.alloc(50_000), undefined, 1);
  for (let count = 0; count < sends; count += 1) {
    batch.stamp({ producerId: 1, producerEpoch: 0 }, 0);
    batch.send();
  }
  return batch;
}

describe('the memory of a batch', () => {
  it('P1 is used again when its only copy was acknowledged', () => {
    const memory = new BatchMemory({ bytesMax: 1 << 20 });
    sentBatch(memory, 1).succeed(answer);
    expect(memory.freeBytes).toBe(50_100);
  });

  it('P1 P4 is not used again while an earlier copy may still be on its way', () => {
    const memory = new BatchMemory({ bytesMax: 1 << 20 });
    sentBatch(memory, 2).succeed(answer);
    expect(memory.freeBytes).toBe(0);
  });

  it('P1 P4 is not used again when nobody knows what became of it', () => {
    const memory = new BatchMemory({ bytesMax: 1 << 20 });
    sentBatch(memory, 1).fail(new QError('DELIVERY_TIMED_OUT', 'late'));
    expect(memory.freeBytes).toBe(0);
  });
});

describe('who waits for the records of a batch', () => {
  const usual = { partition: 0, duplicate: false, durability: 'fsync' };

  it('P1 hears of the own record, whatever lies between', async () => {
    const { batch, deliveries } = batchOf([false, true, false, true]);
    expect(batch.unawaited).toBe(2);
    batch.succeed(answer);
    expect(await resultsOf(deliveries)).toEqual([
      { ...usual, offset: 8, timestampMs: 1_001 },
      { ...usual, offset: 10, timestampMs: 1_003 },
    ]);
  });

  it('P1 hears of the time that the broker gave, and of the weakest promise if its code is not known', async () => {
    const { batch, deliveries } = batchOf([true]);
    batch.succeed({ ...answer, logAppendTimeMs: 5, duplicate: true, durability: 9 });
    expect(await resultsOf(deliveries)).toEqual([
      { partition: 0, offset: 7, timestampMs: 5, duplicate: true, durability: 'memory' },
    ]);
  });

  it('P5 goes with the record when the batch is split', async () => {
    const { batch, deliveries } = batchOf([true, false, true, true, false, true]);
    const [first, second] = batch.split();
    expect([first.unawaited, second.unawaited, first.queue, second.queue]).toEqual([1, 1, queue, queue]);
    second.succeed({ ...answer, baseOffset: 103 });
    first.succeed({ ...answer, baseOffset: 100 });
    expect(await resultsOf(deliveries)).toMatchObject([100, 102, 103, 105].map((offset) => ({ offset })));
  });

  it('P4 hears that it failed', async () => {
    const { batch, deliveries } = batchOf([true, true]);
    const error = new QError('DELIVERY_TIMED_OUT', 'late');
    batch.fail(error);
    expect(await Promise.allSettled(deliveries.map(({ promise }) => promise))).toEqual(
      [1, 2].map(() => ({ status: 'rejected', reason: error })),
    );
  });
});

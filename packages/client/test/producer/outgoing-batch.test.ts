import { BatchMemory, QError } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import { OutgoingBatch } from '../../src/producer/outgoing-batch.ts';

const answer = { partition: 0, baseOffset: 0, logAppendTimeMs: -1, duplicate: false, durability: 'fsync' } as const;

function sentBatch(memory: BatchMemory, sends: number): OutgoingBatch {
  const batch = new OutgoingBatch({ codec: 'none', bytesMax: 1 << 20, initialBytes: 50_100, createdAtMs: 0, deadlineMs: 1_000, epoch: 0, memory });
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

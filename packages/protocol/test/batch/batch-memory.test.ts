import { describe, expect, it } from 'vitest';
import { BatchMemory } from '../../src/batch/batch-memory.ts';
import { BatchBuilder } from '../../src/batch/builder.ts';

function batchOf(memory: BatchMemory, valueBytes: number): { builder: BatchBuilder; batch: Buffer } {
  const builder = new BatchBuilder({ codec: 'none', bytesMax: 1 << 20, initialBytes: valueBytes + 100, memory });
  builder.tryAppend(null, Buffer.alloc(valueBytes, 7), undefined, 1);
  return { builder, batch: builder.finish() };
}

describe('memory for batches', () => {
  it('P1 gives the largest buffer there is, and a new one where that is too small', () => {
    const memory = new BatchMemory({ bytesMax: 10_000 });
    const [small, large] = [Buffer.alloc(100), Buffer.alloc(900)];
    memory.giveBack(large);
    memory.giveBack(small);
    expect(memory.freeBytes).toBe(1_000);
    expect(memory.take(500)).toBe(large);
    expect(memory.take(500)).toHaveLength(500);
    expect(memory.take(50)).toBe(small);
    expect(memory.freeBytes).toBe(0);
  });

  it('P1 keeps no more than its bound, and lets the smallest go first', () => {
    const memory = new BatchMemory({ bytesMax: 1_000 });
    const buffers = [300, 600, 400].map((bytes) => Buffer.alloc(bytes));
    for (const buffer of buffers) memory.giveBack(buffer);
    expect(memory.freeBytes).toBe(1_000);
    expect([memory.take(1), memory.take(1)]).toEqual([buffers[1], buffers[2]]);
    memory.giveBack(Buffer.alloc(1_001));
    expect(memory.freeBytes).toBe(0);
  });

  it('P1 keeps a bounded number of buffers, however small', () => {
    const memory = new BatchMemory({ bytesMax: 1_000_000 });
    for (let count = 0; count < 1_000; count += 1) memory.giveBack(Buffer.alloc(10));
    expect(memory.freeBytes).toBe(640);
  });

  it('P1 shrinks when it is told to', () => {
    const memory = new BatchMemory({ bytesMax: 1_000 });
    for (const bytes of [200, 300, 400]) memory.giveBack(Buffer.alloc(bytes));
    memory.shrinkTo(700);
    expect(memory.freeBytes).toBe(700);
  });

  it('P1 has the memory of a finished batch again once the batch is released, and only then', () => {
    const memory = new BatchMemory({ bytesMax: 1 << 20 });
    const { builder, batch } = batchOf(memory, 100_000);
    expect(memory.freeBytes).toBe(0);
    builder.release({ mayReuse: true });
    builder.release({ mayReuse: true });
    expect(memory.freeBytes).toBe(100_100);
    expect(batchOf(memory, 90_000).batch.buffer).toBe(batch.buffer);
  });

  it('P1 leaves a batch to the collector that somebody may still look at', () => {
    const memory = new BatchMemory({ bytesMax: 1 << 20 });
    const { builder } = batchOf(memory, 100_000);
    builder.release({ mayReuse: false });
    builder.release({ mayReuse: true });
    expect(memory.freeBytes).toBe(0);
  });

  it('P1 never has the memory of a batch that was copied out of its buffer twice', () => {
    const memory = new BatchMemory({ bytesMax: 1 << 20 });
    const builder = new BatchBuilder({ codec: 'none', bytesMax: 1 << 20, initialBytes: 50_000, memory });
    builder.tryAppend(null, Buffer.alloc(100), undefined, 1);
    builder.finish();
    expect(memory.freeBytes).toBe(50_000);
    builder.release({ mayReuse: true });
    expect(memory.freeBytes).toBe(50_000);
  });
});

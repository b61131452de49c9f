import { describe, expect, it } from 'vitest';
import {
  encodeBatch,
  iterateRecords,
  protocolLimits,
  rebuildBatch,
  rebuildBatchInSlices,
  visitRecordsInSlices,
} from '../../src/index.ts';
import type { RecordView } from '../../src/index.ts';

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

function batchOf(count: number, codec: (typeof codecs)[number]): Buffer {
  return encodeBatch(
    Array.from({ length: count }, (_, index) => ({
      key: `k${index % 7}`,
      value: `value ${index}`,
      timestampMs: 1_000 + index,
    })),
    { codec, baseOffset: 50 },
  );
}

function counted(): { pauses: number; pause: () => Promise<void> } {
  const pauses = { pauses: 0, pause: async () => void (pauses.pauses += 1) };
  return pauses;
}

describe.each(codecs)('a batch of which the records are looked at in slices, %s', (codec) => {
  it.each([1, 100, protocolLimits.recordsPerSliceMax * 3 + 1])(
    'W3 of %d records gives what a loop gives, and gives way in between',
    async (count) => {
      const batch = batchOf(count, codec);
      const told = ({ offset, timestampMs, key }: RecordView): string => `${offset} ${timestampMs} ${key?.toString()}`;
      const seen: string[] = [];
      const slices = counted();
      await visitRecordsInSlices(batch, (record) => seen.push(told(record)) > 0, slices);
      expect(seen).toEqual([...iterateRecords(batch)].map(told));
      expect(slices.pauses).toBeGreaterThanOrEqual(Math.floor(count / protocolLimits.recordsPerSliceMax));
    },
  );

  it('W3 ends where nothing more is wanted', async () => {
    let visits = 0;
    await visitRecordsInSlices(batchOf(50_000, codec), ({ offset }) => (visits += 1) > 0 && offset < 59, counted());
    expect(visits).toBe(10);
  });

  it.each([
    ['some', ({ offset }: RecordView) => offset % 3 !== 0, {}],
    ['none', () => false, {}],
    ['none, with its header', () => false, { keepEmpty: true }],
    ['all', () => true, {}],
    ['all, with a horizon', () => true, { deleteHorizonMs: 5_000 }],
  ] as const)('S4 %s of its records become the same batch as at once', async (_, keep, options) => {
    const batch = batchOf(30_000, codec);
    const slices = counted();
    const inSlices = await rebuildBatchInSlices(batch, keep, { ...options, pause: slices.pause });
    const atOnce = rebuildBatch(batch, keep, options);
    if (atOnce === batch) expect(inSlices).toBe(batch);
    else expect(inSlices && [...iterateRecords(inSlices)].length).toBe(atOnce && [...iterateRecords(atOnce)].length);
    if (atOnce !== null && inSlices !== null) {
      const values = (each: Buffer): string[] =>
        [...iterateRecords(each)].map(({ offset, timestampMs }) => `${offset} ${timestampMs}`);
      expect(values(inSlices)).toEqual(values(atOnce));
      expect(inSlices.subarray(21, 61)).toEqual(atOnce.subarray(21, 61));
    }
    expect(slices.pauses).toBeGreaterThanOrEqual(3);
  });
});

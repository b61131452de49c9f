import { describe, expect, it } from 'vitest';
import { Segment } from '../../src/segment/segment.ts';
import { append, numbered, StoreUnderTest } from '../conformance/harness.ts';
import { simulatedDiskStore } from '../conformance/places.ts';

describe('a segment whose index is full', () => {
  it('S1 is followed by the next one, after a restart as well', async () => {
    await using under = await StoreUnderTest.start(simulatedDiskStore, { limits: { indexEntriesMax: 3 } });
    // Each batch behind the first one of a segment has an entry: four of them fill it.
    const config = { indexIntervalBytes: 1 };
    const log = await under.open(config);
    for (const text of numbered(12)) await append(log, [text]);
    expect(log.describe().segments).toBe(3);
    await under.restart();
    const again = await under.open(config);
    await append(again, ['one more']);
    expect(again.describe().segments).toBe(4);
  });

  it('S2 has room again when batches were taken back', () => {
    const segment = new Segment({ directory: '/a', baseOffset: 0 });
    for (let offset = 0; offset < 5; offset += 1)
      segment.append({ bytes: 100, lastOffset: offset, maxTimestampMs: offset }, 1);
    expect([segment.indexEntries, segment.indexes?.offsets.count]).toEqual([4, 4]);
    segment.takeBack({ endOffset: 2, sizeBytes: 200 });
    expect([segment.indexEntries, segment.indexes?.offsets.count]).toEqual([1, 1]);
  });
});

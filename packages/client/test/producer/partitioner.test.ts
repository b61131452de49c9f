import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { murmur2, partitionOfKey } from '../../src/producer/partitioner.ts';

describe('murmur2', () => {
  // Published vectors of the hash as the Kafka ecosystem's default partitioner uses it.
  it.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ])('P1 hashes "%s" as other clients do', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });
});

describe('partitionOfKey', () => {
  it('P1 gives a text and its bytes the same partition, whatever the characters', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })),
        fc.integer({ min: 1, max: 1_000 }),
        (text, partitions) => {
          const partition = partitionOfKey(text, partitions);
          expect(partition).toBe(partitionOfKey(Buffer.from(text), partitions));
          expect(partition).toBeGreaterThanOrEqual(0);
          expect(partition).toBeLessThan(partitions);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('P1 takes the hash without its sign', () => {
    expect(partitionOfKey('21', 7)).toBe((-973_932_308 & 0x7fff_ffff) % 7);
  });
});

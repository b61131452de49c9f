import { describe, expect, it } from 'vitest';
import type { ProducerEntry } from '../../src/producers/producer-entry.ts';
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../src/producers/producer-snapshot.ts';

const entries: ProducerEntry[] = [
  {
    producerId: 4_096,
    epoch: 3,
    batches: [
      { lastSequence: 9, lastOffset: 99, offsetDelta: 9, timestampMs: 1_600_000_000_000 },
      { lastSequence: 14, lastOffset: 104, offsetDelta: 4, timestampMs: 1_700_000_000_000 },
    ],
    lastSeenMs: 5,
    coordinatorEpoch: -1,
    currentTransactionFirstOffset: -1,
  },
  {
    producerId: 2 ** 40,
    epoch: 0,
    batches: [{ lastSequence: 0, lastOffset: 2 ** 33, offsetDelta: 0, timestampMs: -1 }],
    lastSeenMs: 5,
    coordinatorEpoch: 2,
    currentTransactionFirstOffset: 8_589_934_592,
  },
];

// Written by hand from the layout, and its CRC-32C by an independent program. Frozen: every later version reads it.
const golden = [
  '0001',
  'e4883c19',
  '00000003',
  '0000000000001000',
  '0003',
  '00000009',
  '0000000000000063',
  '00000009',
  '00000174876e8000',
  'ffffffff',
  'ffffffffffffffff',
  '0000000000001000',
  '0003',
  '0000000e',
  '0000000000000068',
  '00000004',
  '0000018bcfe56800',
  'ffffffff',
  'ffffffffffffffff',
  '0000010000000000',
  '0000',
  '00000000',
  '0000000200000000',
  '00000000',
  'ffffffffffffffff',
  '00000002',
  '0000000200000000',
].join('');

describe('producer snapshot', () => {
  it('P4 writes the frozen layout', () => {
    expect(encodeProducerSnapshot(entries).toString('hex')).toBe(golden);
  });

  it('P4 reads it back with every remembered batch of each producer', () => {
    const read = decodeProducerSnapshot(Buffer.from(golden, 'hex'), 42);
    expect(read).toEqual(entries.map((entry) => ({ ...entry, lastSeenMs: 42 })));
  });

  it('S2 refuses every truncation and every flipped bit', () => {
    const intact = Buffer.from(golden, 'hex');
    for (let length = 0; length < intact.length; length++) {
      expect(() => decodeProducerSnapshot(intact.subarray(0, length), 0)).toThrow(
        expect.objectContaining({ code: 'CORRUPT_LOG' }),
      );
    }
    for (let bit = 0; bit < intact.length * 8; bit++) {
      const damaged = Buffer.from(intact);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      // In the version it may look like a later one.
      const code = damaged.readInt16BE(0) > 1 ? 'UNSUPPORTED_FORMAT' : 'CORRUPT_LOG';
      expect(() => decodeProducerSnapshot(damaged, 0)).toThrow(expect.objectContaining({ code }));
    }
  });

  it('P4 reads a foreign entry without a batch as one that must begin at sequence 0', () => {
    const empty = { ...entries[0]!, batches: [] };
    expect(decodeProducerSnapshot(encodeProducerSnapshot([empty]), 5)).toEqual([empty]);
  });
});

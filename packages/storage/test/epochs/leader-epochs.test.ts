import { describe, expect, it } from 'vitest';
import { decodeLeaderEpochCheckpoint, encodeLeaderEpochCheckpoint } from '../../src/epochs/leader-epoch-checkpoint.ts';
import { LeaderEpochs } from '../../src/epochs/leader-epochs.ts';

function history(...entries: [number, number][]): LeaderEpochs {
  return new LeaderEpochs(entries.map(([epoch, startOffset]) => ({ epoch, startOffset })));
}

function pairs(epochs: LeaderEpochs): [number, number][] {
  return epochs.entries.map(({ epoch, startOffset }) => [epoch, startOffset]);
}

describe('LeaderEpochs', () => {
  it('T3 notes where an epoch begins, once', () => {
    const epochs = new LeaderEpochs();
    expect(epochs.latestEpoch).toBe(-1);
    expect(epochs.assign(0, 0)).toBe(true);
    expect(epochs.assign(0, 10)).toBe(false);
    expect(epochs.assign(4, 20)).toBe(true);
    expect(pairs(epochs)).toEqual([
      [0, 0],
      [4, 20],
    ]);
    expect([epochs.epochAt(0), epochs.epochAt(19), epochs.epochAt(20)]).toEqual([0, 0, 4]);
  });

  it('T3 drops an epoch that wrote nothing, and entries that contradict a new one', () => {
    const epochs = history([0, 0], [1, 10]);
    epochs.assign(2, 10);
    expect(pairs(epochs)).toEqual([
      [0, 0],
      [2, 10],
    ]);
    epochs.assign(1, 5);
    expect(pairs(epochs)).toEqual([
      [0, 0],
      [1, 5],
    ]);
  });

  it('T3 says where the log of an epoch ended', () => {
    const epochs = history([1, 0], [3, 10], [4, 20]);
    expect(epochs.endOffsetFor(0, 25)).toEqual({ epoch: 0, endOffset: 0 });
    expect(epochs.endOffsetFor(1, 25)).toEqual({ epoch: 1, endOffset: 10 });
    expect(epochs.endOffsetFor(2, 25)).toEqual({ epoch: 1, endOffset: 10 });
    expect(epochs.endOffsetFor(3, 25)).toEqual({ epoch: 3, endOffset: 20 });
    expect(epochs.endOffsetFor(4, 25)).toEqual({ epoch: 4, endOffset: 25 });
    expect(epochs.endOffsetFor(5, 25)).toBeNull();
  });

  it('T3 truncates at both ends', () => {
    const epochs = history([1, 0], [3, 10], [4, 20]);
    expect(epochs.truncateEnd(20)).toBe(true);
    expect(pairs(epochs)).toEqual([
      [1, 0],
      [3, 10],
    ]);
    expect(epochs.truncateEnd(11)).toBe(false);
    expect(epochs.truncateStart(12)).toBe(true);
    expect(pairs(epochs)).toEqual([[3, 12]]);
    expect(epochs.truncateStart(12)).toBe(false);
    expect(history([5, 7]).truncateStart(3)).toBe(false);
  });

  it('S2 knows the latest epoch, and where it began, also after a truncation', () => {
    const epochs = history([1, 0], [4, 10], [6, 20]);
    expect(epochs.latestEpoch).toBe(6);
    epochs.truncateEnd(15);
    expect([epochs.latestEpoch, epochs.assign(4, 15), epochs.assign(6, 15), epochs.latestEpoch]).toEqual([
      4,
      false,
      true,
      6,
    ]);
    epochs.truncateEnd(0);
    expect([epochs.latestEpoch, epochs.assign(6, 0), epochs.entries]).toEqual([
      -1,
      true,
      [{ epoch: 6, startOffset: 0 }],
    ]);
  });
});

describe('leader-epoch-checkpoint', () => {
  it('T3 writes and reads the frozen text', () => {
    const text = '0\n2\n0 0\n12 9007199254740991\n';
    const entries = [
      { epoch: 0, startOffset: 0 },
      { epoch: 12, startOffset: Number.MAX_SAFE_INTEGER },
    ];
    expect(encodeLeaderEpochCheckpoint(entries)).toBe(text);
    expect(decodeLeaderEpochCheckpoint(text)).toEqual(entries);
    expect(encodeLeaderEpochCheckpoint([])).toBe('0\n0\n');
    expect(decodeLeaderEpochCheckpoint('0\n0\n')).toEqual([]);
  });

  it.each([
    '',
    '-1\n0\n',
    '0\n',
    '0\nx\n',
    '0\n1\n',
    '0\n1\n1 2\n3 4\n',
    '0\n1\n1\n',
    '0\n1\n-1 0\n',
    '0\n1\n1 99999999999999999\n',
  ])('S2 refuses %j', (text) => {
    expect(() => decodeLeaderEpochCheckpoint(text)).toThrow(expect.objectContaining({ code: 'CORRUPT_LOG' }));
  });

  it('S2 refuses one of a later version', () => {
    expect(() => decodeLeaderEpochCheckpoint('1\n0\n')).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_FORMAT' }),
    );
  });
});

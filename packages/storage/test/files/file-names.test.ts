import { describe, expect, it } from 'vitest';
import {
  asideFileName,
  deletedDirectoryName,
  isDeletedDirectory,
  offsetFileName,
  parseOffsetFile,
  parsePartitionDirectory,
  partitionDirectoryName,
} from '../../src/files/file-names.ts';

describe('file names', () => {
  it('S1 carry a 20-digit offset; frozen', () => {
    expect(offsetFileName(0, 'log')).toBe('00000000000000000000.log');
    expect(offsetFileName(123_456_789_012, 'timeindex')).toBe('00000000123456789012.timeindex');
    expect(offsetFileName(Number.MAX_SAFE_INTEGER, 'snapshot')).toBe('00009007199254740991.snapshot');
  });

  it('S1 parse back to what they were built from', () => {
    for (const kind of ['log', 'index', 'timeindex', 'txnindex', 'snapshot'] as const) {
      const name = offsetFileName(42, kind);
      expect(parseOffsetFile(name)).toEqual({ name, kind, offset: 42, mark: '' });
      expect(parseOffsetFile(`${name}.deleted`)).toMatchObject({ kind, offset: 42, mark: '.deleted' });
    }
  });

  it.each([
    '42.log',
    `${'0'.repeat(20)}.logs`,
    `${'9'.repeat(20)}.log`,
    `${'0'.repeat(20)}.log.old`,
    asideFileName({ baseOffset: 0, position: 7 }),
    'partition.metadata',
  ])("S1 does not take %s for a segment's", (name) => {
    expect(parseOffsetFile(name)).toBeNull();
  });

  it('T3 folders of partitions carry topic and number, whatever the topic looks like', () => {
    for (const topic of ['orders', 'a-1', 'x.y_z-', '-', '..a', '0']) {
      for (const partition of [0, 7, 99_999]) {
        const name = partitionDirectoryName({ topic, partition });
        expect(parsePartitionDirectory(name)).toEqual({ topic, partition });
      }
    }
    for (const name of ['orders', 'orders-', 'orders-01', 'orders--x', '-3', 'or ders-1', '.lock', 'orders-1.tmp']) {
      expect(parsePartitionDirectory(name)).toBeNull();
    }
  });

  it("T1 a folder on its way out is no partition's, and short enough for any topic", () => {
    const name = deletedDirectoryName({ topicId: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff', partition: 3 });
    expect([isDeletedDirectory(name), parsePartitionDirectory(name)]).toEqual([true, null]);
    expect(partitionDirectoryName({ topic: 't'.repeat(249), partition: 99_999 })).toHaveLength(255);
  });
});

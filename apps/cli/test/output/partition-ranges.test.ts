import { describe, expect, it } from 'vitest';
import { parsePartitionList } from '../../src/input/partition-list.ts';
import { formatPartitions, namePartitions } from '../../src/output/partition-ranges.ts';

describe('partitions in short', () => {
  it.each<[number[], string]>([
    [[], ''],
    [[3], '3'],
    [[0, 1], '0-1'],
    [[0, 2, 3, 4, 9], '0,2-4,9'],
  ])('O2 writes %j as %j', (partitions, text) => {
    expect(formatPartitions(partitions)).toBe(text);
    if (text !== '') expect(parsePartitionList(text)).toEqual(partitions);
  });

  it('O2 names one, and several', () => {
    expect([namePartitions([3]), namePartitions([0, 1])]).toEqual(['partition 3', 'partitions 0-1']);
  });
});

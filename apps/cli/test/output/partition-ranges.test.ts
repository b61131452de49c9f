import { describe, expect, it } from 'vitest';
import { parsePartitionList } from '../../src/input/partition-list.ts';
import { formatPartitions } from '../../src/output/partition-ranges.ts';

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
});

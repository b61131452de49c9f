/** Partition numbers in ascending order as `0,2-5`: the way in which `--partition` takes them. */
export function formatPartitions(partitions: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const partition of partitions) {
    const range = ranges.at(-1);
    if (range !== undefined && partition === range.last + 1) range.last = partition;
    else ranges.push({ first: partition, last: partition });
  }
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

/** `partition 3`, `partitions 0,2-5`. */
export function namePartitions(partitions: readonly number[]): string {
  return `${partitions.length === 1 ? 'partition' : 'partitions'} ${formatPartitions(partitions)}`;
}

import { usageError } from '../command-error.ts';
import { parseWholeNumber } from './whole-number.ts';

/** More than any topic may have; keeps a mistyped range from filling the memory. */
const partitionMax = 99_999;

/** `0,2,5-7` to numbers, added to those of earlier flags; sorted, each once. */
export function parsePartitionList(text: string, earlier: readonly number[] = []): number[] {
  const partitions = new Set(earlier);
  for (const part of text.split(',')) {
    const [first = '', last = first, ...rest] = part.trim().split('-');
    const from = partitionNumber(first);
    const to = partitionNumber(last);
    if (rest.length > 0 || to < from) throw usageError('expected partitions such as 0, 0,2 or 0-3');
    for (let partition = from; partition <= to; partition++) partitions.add(partition);
  }
  return [...partitions].sort((a, b) => a - b);
}

function partitionNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw usageError('expected partitions such as 0, 0,2 or 0-3');
  return parseWholeNumber(text, { min: 0, max: partitionMax });
}

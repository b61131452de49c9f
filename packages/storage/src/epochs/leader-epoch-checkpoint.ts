import { StorageError, newerFormatError } from '../errors.ts';
import type { LeaderEpoch } from './leader-epochs.ts';

/*
 * File `leader-epoch-checkpoint`, text, one item a line; frozen (it is the public layout):
 *
 *   0                       version
 *   <count>
 *   <epoch> <startOffset>   count times
 */

export function encodeLeaderEpochCheckpoint(entries: readonly LeaderEpoch[]): string {
  const lines = entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`);
  return `${['0', String(entries.length), ...lines].join('\n')}\n`;
}

/**
 * @throws StorageError UNSUPPORTED_FORMAT for a later version. CORRUPT_LOG: the history is then rebuilt from the
 * batches, each of which names its epoch.
 */
export function decodeLeaderEpochCheckpoint(text: string): LeaderEpoch[] {
  const [version, count, ...lines] = text.replace(/\n$/, '').split('\n');
  if (version !== undefined && /^[1-9]\d{0,8}$/.test(version))
    throw newerFormatError({ file: 'leader-epoch-checkpoint', found: Number(version), known: 0 });
  if (version !== '0') throw corrupt(`version '${version}' is unknown`);
  if (count === undefined || !/^\d+$/.test(count)) throw corrupt(`count '${count}' is no number`);
  if (lines.length !== Number(count)) throw corrupt(`${count} entries announced, ${lines.length} found`);
  return lines.map(parseLine);
}

function parseLine(line: string): LeaderEpoch {
  const match = /^(\d+) (\d+)$/.exec(line);
  const epoch = Number(match?.[1]);
  const startOffset = Number(match?.[2]);
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(startOffset)) throw corrupt(`line '${line}' is no epoch`);
  return { epoch, startOffset };
}

function corrupt(reason: string): StorageError {
  return new StorageError('CORRUPT_LOG', `leader-epoch-checkpoint is unreadable: ${reason}`);
}

import { StorageError } from '../errors.ts';
import type { LogDamage } from '../ports/log-store.ts';
import type { LogCore } from './log-core.ts';

export function closedError({ name }: LogCore): StorageError {
  return new StorageError('CLOSED', `the log of ${name} is closed`);
}

export function rangeError({ name, logStartOffset, logEndOffset }: LogCore, offset: number): StorageError {
  return new StorageError(
    'OFFSET_OUT_OF_RANGE',
    `${name} holds offsets ${logStartOffset} to ${logEndOffset}, not ${offset}`,
    {
      details: { offset, logStartOffset, logEndOffset },
    },
  );
}

export function damageError({ name }: LogCore, damage: LogDamage): StorageError {
  const { file, position, fromOffset, toOffset, reason } = damage;
  const message = `${name} is damaged from offset ${fromOffset} on and set aside: ${reason} (${file}, byte ${position})`;
  return new StorageError('CORRUPT_LOG', message, { details: { file, position, fromOffset, toOffset, reason } });
}

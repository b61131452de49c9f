import { QError } from '../errors.ts';
import { batchCrc, batchMagic, batchSize, computeBatchCrc } from './header.ts';
import { batchHeaderBytes, batchPrefixBytes, magicAt, magicByte } from './layout.ts';

/**
 * What {@link checkBatch} found. `truncated`: what is there may be the beginning of a good batch. `bad-length`: the
 * length field is smaller than a header, or passes the limit. The others speak for themselves.
 */
export type BatchCheck = 'ok' | 'truncated' | 'bad-length' | 'bad-magic' | 'bad-crc';

/**
 * Checks length, magic and CRC of the batch at `position`, and nothing inside the records: for recovery scans and for
 * consumers. A length above `sizeBytesMax` is not believed. Never throws; after `ok`, `batchSize` is the batch's true
 * size.
 */
export function checkBatch(buffer: Buffer, position: number, sizeBytesMax: number): BatchCheck {
  const remainingBytes = buffer.length - position;
  if (remainingBytes < batchPrefixBytes) return 'truncated';
  const sizeInBytes = batchSize(buffer, position);
  if (sizeInBytes < batchHeaderBytes || sizeInBytes > sizeBytesMax) return 'bad-length';
  if (remainingBytes > magicAt && batchMagic(buffer, position) !== magicByte) return 'bad-magic';
  if (remainingBytes < sizeInBytes) return 'truncated';
  return computeBatchCrc(buffer, position, sizeInBytes) === batchCrc(buffer, position) ? 'ok' : 'bad-crc';
}

/** {@link checkBatch} for callers that cannot go on: throws QError CORRUPT_BATCH with what was found. */
export function assertBatch(buffer: Buffer, position: number, sizeBytesMax: number): void {
  const check = checkBatch(buffer, position, sizeBytesMax);
  if (check !== 'ok')
    throw new QError('CORRUPT_BATCH', `the batch at byte ${position} is damaged: ${check}`, {
      details: { check, position },
    });
}

/** How batches are read. */
export interface IterateBatchesOptions {
  /** Check magic and CRC of each batch (default true). Off for bytes that this process has checked before. */
  readonly verify?: boolean;
}

/**
 * The batches in `buffer`, such as the records of a FETCH answer, each as a view of it. A partial batch at the end is
 * left out: a fetch may cut one off. Throws QError CORRUPT_BATCH at a batch that is damaged.
 */
export function* iterateBatches(
  buffer: Buffer,
  options: IterateBatchesOptions = {},
): Generator<Buffer, void, undefined> {
  const { verify = true } = options;
  let position = 0;
  while (buffer.length - position >= batchPrefixBytes) {
    const sizeInBytes = batchSize(buffer, position);
    if (sizeInBytes >= batchHeaderBytes && sizeInBytes > buffer.length - position) return;
    if (verify || sizeInBytes < batchHeaderBytes) assertBatch(buffer, position, Number.MAX_SAFE_INTEGER);
    yield buffer.subarray(position, position + sizeInBytes);
    position += sizeInBytes;
  }
}

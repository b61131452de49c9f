import {
  batchBaseOffset,
  batchHeaderBytes,
  batchLastOffset,
  batchPrefixBytes,
  batchSize,
  checkBatch,
} from '@q/protocol';
import { StorageError } from '../errors.ts';
import type { File } from '../ports/file-system.ts';

export interface StoredBatchesOptions {
  readonly file: File;
  readonly path: string;
  readonly to: number;
  /** Every offset in the file is at least this, and below `endOffset`. */
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly blockBytes: number;
}

/** The upper half of 2^53: no offset reaches it. */
const highWordEnd = 0x20_0000;

/**
 * The whole batches of a file from its start to `to`, each checked: compaction must not carry rot into a new file,
 * where nobody would look for it. Each is a view that stays good.
 *
 * @throws StorageError CORRUPT_LOG (details file, position)
 */
export async function* storedBatches(o: StoredBatchesOptions): AsyncGenerator<Buffer, void, undefined> {
  let position = 0;
  let nextOffset = o.baseOffset;
  let block: Buffer = Buffer.alloc(0);
  while (position < o.to) {
    block = await blockWithBatch(block, position, o);
    let at = 0;
    while (block.length - at >= batchPrefixBytes && batchSize(block, at) <= block.length - at) {
      const check = checkBatch(block, at, block.length - at);
      if (check !== 'ok') throw corrupt(o.path, position + at, check);
      const batch = block.subarray(at, at + batchSize(block, at));
      // The CRC does not cover the offset.
      nextOffset = checkedEnd(batch, { from: nextOffset, to: o.endOffset });
      if (nextOffset < 0) throw corrupt(o.path, position + at, 'bad-offset');
      yield batch;
      at += batch.length;
    }
    if (at === 0) throw corrupt(o.path, position, 'truncated');
    position += at;
    block = block.subarray(at);
  }
}

/** One past the batch's last offset, or -1 when its offsets do not lie within the bounds. */
function checkedEnd(batch: Buffer, o: { from: number; to: number }): number {
  const high = batch.readInt32BE(0);
  if (high < 0 || high >= highWordEnd || batchBaseOffset(batch) < o.from || batchLastOffset(batch) >= o.to) return -1;
  return batchLastOffset(batch) + 1;
}

/** Bytes from `position` on that hold at least one whole batch, unless the file does not have one there. */
async function blockWithBatch(
  rest: Buffer,
  position: number,
  o: { file: File; to: number; blockBytes: number },
): Promise<Buffer> {
  const remaining = o.to - position;
  if (holdsBatch(rest)) return rest;
  const block = await o.file.read(position, Math.min(o.blockBytes, remaining));
  if (block.length < batchHeaderBytes || holdsBatch(block)) return block;
  return o.file.read(position, Math.min(batchSize(block), remaining));
}

function holdsBatch(bytes: Buffer): boolean {
  return bytes.length >= batchHeaderBytes && batchSize(bytes) <= bytes.length;
}

function corrupt(path: string, position: number, check: string): StorageError {
  return new StorageError('CORRUPT_LOG', `${path}: the batch at byte ${position} is damaged: ${check}`, {
    details: { file: path, position, check },
  });
}

import { crc32c } from '@q/protocol';
import { StorageError, newerFormatError } from '../errors.ts';
import type { AppendedBatch, ProducerEntry } from './producer-entry.ts';

/*
 * File `<20-digit offset>.snapshot`: the producers as they were when the log ended at that offset. Big-endian. The
 * layout is frozen (it is the public one; a golden test pins it).
 *
 *   0  version i16 = 1
 *   2  crc u32              CRC-32C of byte 6 to the end
 *   6  count i32
 *  10  count entries of 46 bytes:
 *        0 producerId i64    8 epoch i16    10 lastSequence i32   14 lastOffset i64
 *       22 offsetDelta i32  26 timestamp i64  34 coordinatorEpoch i32  38 currentTxnFirstOffset i64
 *
 * One entry for each remembered batch; those of a producer follow one another, oldest first. So the public layout,
 * which knows one batch per producer, is kept (a reader that lets a later entry replace an earlier one sees the last
 * batch), and after a restart a producer may still resend any of its last five.
 */
const headerBytes = 10;
const entryBytes = 46;
const version = 1;

export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>): Buffer {
  const rows: { readonly entry: ProducerEntry; readonly batch: AppendedBatch }[] = [];
  for (const entry of entries) {
    // A marker has raised the epoch, or a foreign snapshot has it so: it is kept without a batch.
    for (const batch of entry.batches.length === 0 ? [noBatch] : entry.batches) rows.push({ entry, batch });
  }
  const buffer = Buffer.allocUnsafe(headerBytes + rows.length * entryBytes);
  buffer.writeInt16BE(version, 0);
  buffer.writeInt32BE(rows.length, 6);
  rows.forEach(({ entry, batch }, index) => writeRow(buffer, headerBytes + index * entryBytes, { entry, batch }));
  buffer.writeUInt32BE(crc32c(buffer.subarray(6)), 2);
  return buffer;
}

/**
 * @throws StorageError UNSUPPORTED_FORMAT for a later version; CORRUPT_LOG when the bytes are not a whole, intact
 * snapshot. A snapshot is derived from the log:
 *   the caller drops it and takes an older one, or replays from the start.
 */
export function decodeProducerSnapshot(buffer: Buffer, now: number): ProducerEntry[] {
  if (buffer.length < headerBytes) throw corrupt(`${buffer.length} bytes are too few`);
  const found = buffer.readInt16BE(0);
  if (found > version) throw newerFormatError({ file: 'a producer snapshot', found, known: version });
  if (found !== version) throw corrupt(`version ${found} is unknown`);
  if (buffer.readUInt32BE(2) !== crc32c(buffer.subarray(6))) throw corrupt('its CRC does not match');
  const count = buffer.readInt32BE(6);
  if (count < 0 || buffer.length !== headerBytes + count * entryBytes) {
    throw corrupt(`${count} entries do not make ${buffer.length} bytes`);
  }
  const entries: ProducerEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    const row = readEntry(buffer, headerBytes + index * entryBytes, now);
    const known = entries.at(-1);
    if (known?.producerId !== row.producerId) entries.push(row);
    else
      entries[entries.length - 1] = {
        ...row,
        batches: known.epoch === row.epoch ? [...known.batches, ...row.batches] : row.batches,
      };
  }
  return entries;
}

const noBatch: AppendedBatch = { lastSequence: -1, lastOffset: -1, offsetDelta: 0, timestampMs: -1 };

function writeRow(buffer: Buffer, at: number, { entry, batch }: { entry: ProducerEntry; batch: AppendedBatch }): void {
  buffer.writeBigInt64BE(BigInt(entry.producerId), at);
  buffer.writeInt16BE(entry.epoch, at + 8);
  buffer.writeInt32BE(batch.lastSequence, at + 10);
  buffer.writeBigInt64BE(BigInt(batch.lastOffset), at + 14);
  buffer.writeInt32BE(batch.offsetDelta, at + 22);
  buffer.writeBigInt64BE(BigInt(batch.timestampMs), at + 26);
  buffer.writeInt32BE(entry.coordinatorEpoch, at + 34);
  buffer.writeBigInt64BE(BigInt(entry.currentTransactionFirstOffset), at + 38);
}

function readEntry(buffer: Buffer, at: number, now: number): ProducerEntry {
  const last: AppendedBatch = {
    lastSequence: buffer.readInt32BE(at + 10),
    lastOffset: safeInteger(buffer, at + 14),
    offsetDelta: buffer.readInt32BE(at + 22),
    timestampMs: safeInteger(buffer, at + 26),
  };
  return {
    producerId: safeInteger(buffer, at),
    epoch: buffer.readInt16BE(at + 8),
    batches: last.lastSequence < 0 ? [] : [last],
    lastSeenMs: now,
    coordinatorEpoch: buffer.readInt32BE(at + 34),
    currentTransactionFirstOffset: safeInteger(buffer, at + 38),
  };
}

function safeInteger(buffer: Buffer, at: number): number {
  const value = Number(buffer.readBigInt64BE(at));
  if (!Number.isSafeInteger(value)) throw corrupt(`the number at byte ${at} is out of range`);
  return value;
}

function corrupt(reason: string): StorageError {
  return new StorageError('CORRUPT_LOG', `producer snapshot is unreadable: ${reason}`);
}

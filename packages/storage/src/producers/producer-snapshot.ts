import { crc32c } from '@q/protocol';
import { StorageError } from '../errors.ts';
import type { AppendedBatch, ProducerEntry } from './producer-entry.ts';

/*
 * File `<20-digit offset>.snapshot`: the producers as they were when the log ended at that offset. Big-endian. The layout
 * is frozen (it is the public one; a golden test pins it).
 *
 *   0  version i16 = 1
 *   2  crc u32              CRC-32C of byte 6 to the end
 *   6  count i32
 *  10  count entries of 46 bytes:
 *        0 producerId i64    8 epoch i16    10 lastSequence i32   14 lastOffset i64
 *       22 offsetDelta i32  26 timestamp i64  34 coordinatorEpoch i32  38 currentTxnFirstOffset i64
 *
 * Only the LAST batch of a producer has room here. After a restart a producer is therefore remembered by one batch from
 * the snapshot, plus what a replay of the log adds: what follows the snapshot, and (`ProducerState.adoptHistory`) the
 * stretch just before it, which brings back up to five.
 */
const headerBytes = 10;
const entryBytes = 46;
const version = 1;

export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>): Buffer {
  const all = [...entries];
  const buffer = Buffer.allocUnsafe(headerBytes + all.length * entryBytes);
  buffer.writeInt16BE(version, 0);
  buffer.writeInt32BE(all.length, 6);
  all.forEach((entry, index) => writeEntry(buffer, headerBytes + index * entryBytes, entry));
  buffer.writeUInt32BE(crc32c(buffer.subarray(6)), 2);
  return buffer;
}

/**
 * @throws StorageError CORRUPT_LOG when the bytes are not a whole, intact snapshot. A snapshot is derived from the log:
 *   the caller drops it and takes an older one, or replays from the start.
 */
export function decodeProducerSnapshot(buffer: Buffer, now: number): ProducerEntry[] {
  if (buffer.length < headerBytes) throw corrupt(`${buffer.length} bytes are too few`);
  const found = buffer.readInt16BE(0);
  if (found !== version) throw corrupt(`version ${found} is unknown`);
  if (buffer.readUInt32BE(2) !== crc32c(buffer.subarray(6))) throw corrupt('its CRC does not match');
  const count = buffer.readInt32BE(6);
  if (count < 0 || buffer.length !== headerBytes + count * entryBytes) {
    throw corrupt(`${count} entries do not make ${buffer.length} bytes`);
  }
  return Array.from({ length: count }, (_, index) => readEntry(buffer, headerBytes + index * entryBytes, now));
}

function writeEntry(buffer: Buffer, at: number, entry: ProducerEntry): void {
  const last = entry.batches.at(-1);
  buffer.writeBigInt64BE(BigInt(entry.producerId), at);
  buffer.writeInt16BE(entry.epoch, at + 8);
  buffer.writeInt32BE(last?.lastSequence ?? -1, at + 10);
  buffer.writeBigInt64BE(BigInt(last?.lastOffset ?? -1), at + 14);
  buffer.writeInt32BE(last?.offsetDelta ?? 0, at + 22);
  buffer.writeBigInt64BE(BigInt(last?.timestampMs ?? -1), at + 26);
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

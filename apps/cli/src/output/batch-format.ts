import { readBatchHeader } from '@q/protocol';
import type { BatchHeader } from '@q/protocol';
import type { DamagedStretch, Finding } from '@q/storage';
import type { Units } from './units.ts';

type FoundBatch = Extract<Finding, { kind: 'batch' }>;

/** One line a batch, for people; null for one that lies before `from`. */
export function batchText({ position, batch }: FoundBatch, from: number, units: Units): string | null {
  const header = readBatchHeader(batch);
  if (header.lastOffset < from) return null;
  const { baseOffset, lastOffset, recordsCount, sizeInBytes, codec, leaderEpoch } = header;
  const offsets = baseOffset === lastOffset ? String(baseOffset) : `${baseOffset}-${lastOffset}`;
  const count = `${units.count(recordsCount)} ${recordsCount === 1 ? 'record' : 'records'}`;
  const parts = [
    offsets.padEnd(13),
    count.padEnd(11),
    units.bytes(sizeInBytes).padEnd(9),
    codec.padEnd(6),
    timesOf(header),
    `epoch ${leaderEpoch}`,
    `byte ${position}`,
    ...traitsOf(header),
  ];
  return `  ${parts.join('  ')}\n`;
}

function timesOf({ baseTimestamp, maxTimestamp, timestampType, deleteHorizonMs }: BatchHeader): string {
  const from = deleteHorizonMs >= 0 ? maxTimestamp : baseTimestamp;
  const span = maxTimestamp === from ? isoTime(from) : `${isoTime(from)} +${maxTimestamp - from} ms`;
  return timestampType === 'LogAppendTime' ? `${isoTime(maxTimestamp)} (stamped by the log)` : span;
}

/** A damaged or made-up time may be none that a calendar has. */
function isoTime(timeMs: number): string {
  if (timeMs === -1) return 'no time';
  return Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : String(timeMs);
}

function traitsOf(header: BatchHeader): string[] {
  const traits: string[] = [];
  const { producerId, producerEpoch, baseSequence, lastOffsetDelta } = header;
  if (producerId >= 0)
    traits.push(`producer ${producerId}:${producerEpoch} sequence ${baseSequence}+${lastOffsetDelta}`);
  if (header.isTransactional) traits.push('transactional');
  if (header.isControl) traits.push('control');
  if (header.deleteHorizonMs >= 0) traits.push(`tombstones go after ${isoTime(header.deleteHorizonMs)}`);
  return traits;
}

/** One line a batch, for programs: the names are frozen. */
export function batchJson({ segment, position, batch }: FoundBatch, from: number): string | null {
  const {
    sizeInBytes,
    recordsCount,
    baseTimestamp,
    maxTimestamp,
    magic: _magic,
    attributes: _bits,
    ...header
  } = readBatchHeader(batch);
  if (header.lastOffset < from) return null;
  const { baseOffset, lastOffset, lastOffsetDelta: _delta, ...rest } = header;
  return `${JSON.stringify({
    file: segment.path,
    position,
    bytes: sizeInBytes,
    baseOffset,
    lastOffset,
    records: recordsCount,
    baseTimestampMs: baseTimestamp,
    maxTimestampMs: maxTimestamp,
    ...rest,
  })}\n`;
}

export function damageText({ position, endPosition, fromOffset, toOffset, reason }: DamagedStretch): string {
  const bytes = endPosition > position ? `bytes ${position} to ${endPosition}` : `at byte ${position}`;
  const offsets = toOffset === null ? `from offset ${fromOffset} on` : `offsets ${fromOffset} to ${toOffset - 1}`;
  return `  DAMAGED  ${offsets}  ${bytes}: ${reason}\n`;
}

export function damageJson({
  segment,
  position,
  endPosition,
  fromOffset,
  toOffset,
  reason,
}: Finding & DamagedStretch): string {
  return `${JSON.stringify({ file: segment.path, position, endPosition, fromOffset, toOffset, damage: reason })}\n`;
}

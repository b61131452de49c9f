/*
 * The least that a reader of batches must do: find each record and hand out its value as a view of the batch.
 * Written apart from `@q/protocol` so that a slow reader there shows up in the ratio. Only codecs are the product's.
 *
 * record: length varint | attributes i8 | timestampDelta varlong | offsetDelta varint | keyLength varint | key |
 *         valueLength varint | value | headerCount varint | headers
 */
import { codecName, decompress, protocolLimits } from '@q/protocol';

const headerBytes = 61;
const lengthOffset = 8;
const attributesOffset = 21;
const codecMask = 7;
const countOffset = 57;

/** Calls `onValue` with the value of every record in `batches`; returns how many there were. */
export function walkBatches(batches: Buffer, onValue: (value: Buffer) => void): number {
  let records = 0;
  let batchAt = 0;
  while (batchAt < batches.length) {
    const count = batches.readInt32BE(batchAt + countOffset);
    const end = batchAt + batches.readInt32BE(batchAt + lengthOffset) + 12;
    const codec = batches.readInt16BE(batchAt + attributesOffset) & codecMask;
    if (codec === 0) walkRecords(batches, batchAt + headerBytes, count, onValue);
    else
      walkRecords(
        decompress(codecName(codec), batches.subarray(batchAt + headerBytes, end), protocolLimits.uncompressedBytesMax),
        0,
        count,
        onValue,
      );
    records += count;
    batchAt = end;
  }
  return records;
}

let cursor = 0;

function walkRecords(batches: Buffer, start: number, count: number, onValue: (value: Buffer) => void): void {
  cursor = start;
  for (let record = 0; record < count; record += 1) {
    const bodyBytes = readZigzag(batches);
    const end = cursor + bodyBytes;
    cursor += 1;
    readZigzag(batches);
    readZigzag(batches);
    const keyBytes = readZigzag(batches);
    cursor += Math.max(0, keyBytes);
    const valueBytes = readZigzag(batches);
    onValue(batches.subarray(cursor, cursor + valueBytes));
    cursor = end;
  }
}

/** Zigzag varint of up to 32 bits, which all fields of the measured records are. */
function readZigzag(buffer: Buffer): number {
  let value = 0;
  let shift = 0;
  let byte: number;
  do {
    byte = buffer[cursor++]!;
    value |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte >= 0x80);
  return (value >>> 1) ^ -(value & 1);
}

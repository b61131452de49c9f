import { isUtf8 } from 'node:buffer';
import type { OutputRecord, RecordWriter } from './record-format.ts';

/**
 * One record as one line of JSON. Bytes that are UTF-8 are text under their own name; others are Base64 under the name
 * with `Base64` at its end, so that no byte is lost and a reader always knows which it has.
 */
export function recordJson(record: OutputRecord): string {
  return JSON.stringify({
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestampMs: record.timestampMs,
    ...bytesField('key', record.key),
    ...bytesField('value', record.value),
    headers: record.headers.map((header) => ({ name: header.key, ...bytesField('value', header.value) })),
  });
}

export const writeRecordJson: RecordWriter = (record, output) => output.text(`${recordJson(record)}\n`);

function bytesField(name: string, bytes: Uint8Array | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(bytes) ? { [name]: buffer.toString('utf8') } : { [`${name}Base64`]: buffer.toString('base64') };
}

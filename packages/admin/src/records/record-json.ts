/** Records as JSON: as `q consume --json` writes them. */
import { isUtf8 } from 'node:buffer';
import type { RecordView } from '@q/protocol';
import type { z } from 'zod';
import type { record } from './record-schemas.ts';

export type RecordJson = z.input<typeof record>;

export function recordJson(view: RecordView, { topic, previewBytes }: JsonOptions): RecordJson {
  const { partition, offset, timestampMs, key, value, headers } = view;
  const isCut = previewBytes !== undefined && value !== null && value.length > previewBytes;
  return {
    topic,
    partition,
    offset,
    timestampMs,
    ...bytesField('key', key),
    ...bytesField('value', isCut ? cut(value, previewBytes) : value),
    ...(isCut && { valueBytes: value.length }),
    headers: headers.map((header) => ({ name: header.key, ...bytesField('value', header.value) })),
  };
}

export interface JsonOptions {
  readonly topic: string;
  readonly previewBytes: number | undefined;
}

/** Text is not cut within a character, which would make bytes of it that are no UTF-8. */
function cut(value: Buffer, bytes: number): Buffer {
  let end = bytes;
  while (end > 0 && end > bytes - 4 && (value[end]! & 0xc0) === 0x80) end -= 1;
  return value.subarray(0, end);
}

type BytesField<N extends string> = { readonly [K in N]?: string | null } & { readonly [K in `${N}Base64`]?: string };

function bytesField<N extends 'key' | 'value'>(name: N, bytes: Buffer | null): BytesField<N> {
  const isText = bytes === null || isUtf8(bytes);
  const field = isText ? { [name]: bytes?.toString('utf8') ?? null } : { [`${name}Base64`]: bytes.toString('base64') };
  return field as BytesField<N>;
}

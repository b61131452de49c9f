/** Records that somebody sent as JSON become batches. */
import { BatchBuilder, QError, messageIdHeader, partitionForKey } from '@q/protocol';
import type { RecordHeader } from '@q/protocol';
import type { NewRecord } from './record-schemas.ts';

/** A batch of one partition. */
export interface BatchToSend {
  readonly partition: number;
  readonly records: number;
  readonly bytes: Buffer;
}

export interface SendOptions {
  readonly topic: string;
  /** How many the topic has. */
  readonly partitions: number;
  /** Where records without a key, a name and a number go. */
  readonly keyless: number;
  readonly codec: BatchBuilder['codec'];
  /** A batch is not much larger, but for a single record that is. */
  readonly bytesMax: number;
  readonly nowMs: number;
}

/**
 * In each partition the order of the records is kept. A record with a message id has a batch of its own, so that its
 * answer can name its offset.
 * @throws QError UNKNOWN_PARTITION, UNSUPPORTED_CODEC
 */
export function* batchesOf(
  records: readonly NewRecord[],
  options: SendOptions,
): Generator<BatchToSend, void, undefined> {
  const open = new Map<number, BatchBuilder>();
  const finish = (partition: number): BatchToSend | null => {
    const builder = open.get(partition);
    open.delete(partition);
    return builder === undefined ? null : { partition, records: builder.count, bytes: builder.finish() };
  };
  for (const [index, record] of records.entries()) {
    const fields = bytesOf(record);
    const partition = partitionOf(record, fields.key, { ...options, index });
    const isAlone = record.messageId !== undefined;
    if (isAlone || !append(open.get(partition), fields, record, options)) {
      const full = finish(partition);
      if (full !== null) yield full;
      const builder = new BatchBuilder({ codec: options.codec, bytesMax: options.bytesMax });
      append(builder, fields, record, options);
      open.set(partition, builder);
    }
    if (isAlone) yield finish(partition)!;
  }
  for (const partition of open.keys()) yield finish(partition)!;
}

interface Fields {
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | string | null;
  readonly headers: readonly RecordHeader[] | undefined;
}

function append(
  builder: BatchBuilder | undefined,
  { key, value, headers }: Fields,
  { timestampMs }: NewRecord,
  { nowMs }: SendOptions,
): boolean {
  return builder?.tryAppend(key, value, headers, timestampMs ?? nowMs) ?? false;
}

function bytesOf({ key, keyBase64, value, valueBase64, headers = [], messageId }: NewRecord): Fields {
  const all = headers.map((header) => ({ key: header.name, value: headerBytes(header) }));
  if (messageId !== undefined) all.push({ key: messageIdHeader, value: Buffer.from(messageId) });
  return {
    key: keyBase64 === undefined ? (key ?? null) : Buffer.from(keyBase64, 'base64'),
    value: valueBase64 === undefined ? (value ?? null) : Buffer.from(valueBase64, 'base64'),
    headers: all.length === 0 ? undefined : all,
  };
}

function headerBytes({
  value,
  valueBase64,
}: {
  value?: string | null | undefined;
  valueBase64?: string | undefined;
}): Buffer | null {
  if (valueBase64 !== undefined) return Buffer.from(valueBase64, 'base64');
  return value === undefined || value === null ? null : Buffer.from(value);
}

function partitionOf(
  { partition, messageId }: NewRecord,
  key: Fields['key'],
  { topic, partitions, keyless, index }: SendOptions & { readonly index: number },
): number {
  const by = key ?? messageId;
  const chosen = partition ?? (by === undefined ? keyless : partitionForKey(by, partitions));
  if (chosen < partitions) return chosen;
  throw new QError(
    'UNKNOWN_PARTITION',
    `record ${index} is for partition ${chosen}; topic ${topic} has ${partitions} partitions`,
    { details: { topic, partition: chosen, partitions, record: index } },
  );
}

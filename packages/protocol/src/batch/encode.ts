import { BatchBuilder } from './builder.ts';
import type { BatchBuilderOptions } from './builder.ts';
import { noTimestamp } from './layout.ts';
import type { RecordInput } from './record.ts';

/** What a batch is made with. */
export interface EncodeBatchOptions extends Partial<Omit<BatchBuilderOptions, 'recordsMax' | 'bytesMax'>> {
  /** Timestamp of records that have none of their own, in ms since the epoch; -1 (none) when missing. */
  readonly timestampMs?: number;
}

/**
 * Encodes all `records` into one batch, whatever its size. A convenience over {@link BatchBuilder}, with its errors.
 */
export function encodeBatch(records: readonly RecordInput[], options: EncodeBatchOptions = {}): Buffer {
  const { timestampMs = noTimestamp, codec = 'none', ...rest } = options;
  const builder = new BatchBuilder({
    ...rest,
    codec,
    bytesMax: Number.MAX_SAFE_INTEGER,
    recordsMax: Number.MAX_SAFE_INTEGER,
  });
  for (const record of records) {
    builder.tryAppend(record.key ?? null, record.value ?? null, record.headers, record.timestampMs ?? timestampMs);
  }
  return builder.finish();
}

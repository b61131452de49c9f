import { BatchBuilder } from '@q/protocol';

/** A record's value of the size that is measured; the same bytes in ceiling and product. */
export function recordValue(valueBytes: number): Buffer {
  return Buffer.alloc(valueBytes, 'abcdefghijklmnopqrstuvwxyz0123456789');
}

/** What the product's producer sends when it is busy: as many records as fit into `bytesMax`, uncompressed. */
export function fullBatch(options: { value: Buffer; bytesMax: number }): { batch: Buffer; records: number } {
  const builder = new BatchBuilder({ codec: 'none', bytesMax: options.bytesMax, initialBytes: options.bytesMax });
  const nowMs = Date.now();
  while (builder.tryAppend(null, options.value, undefined, nowMs));
  const records = builder.count;
  return { batch: builder.finish(), records };
}

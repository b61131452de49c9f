import { BatchBuilder } from '@q/protocol';
import type { CodecName } from '@q/protocol';
import { recordValues } from './record-values.ts';
import type { ValueShape } from './record-values.ts';

/** What the records and batches of a measurement are like. */
export interface BatchShape extends ValueShape {
  readonly codec: CodecName;
  readonly batchBytesMax: number;
}

export interface FullBatch {
  readonly batch: Buffer;
  readonly records: number;
}

/** What the product's producer sends when it is busy: as many records as fit. Encoded anew with every call. */
export class FullBatches {
  readonly #shape: BatchShape;
  readonly #values: readonly Buffer[];
  #index = 0;

  constructor(shape: BatchShape) {
    this.#shape = shape;
    this.#values = recordValues(shape);
  }

  next(): FullBatch {
    const { codec, batchBytesMax } = this.#shape;
    const builder = new BatchBuilder({ codec, bytesMax: batchBytesMax, initialBytes: batchBytesMax });
    const nowMs = Date.now();
    while (builder.tryAppend(null, this.#values[this.#index]!, undefined, nowMs))
      this.#index = (this.#index + 1) % this.#values.length;
    const records = builder.count;
    return { batch: builder.finish(), records };
  }
}

/** A batch of one record. A batch takes its first record however small its limit is. */
export function singleBatch(valueBytes: number): Buffer {
  return new FullBatches({ valueBytes, isVaried: false, codec: 'none', batchBytesMax: 1 }).next().batch;
}

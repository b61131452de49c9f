/*
 * The product's consumer, from the first record to the last of a topic that was filled before: whole batches, or
 * messages one by one. Each record's value is taken in both, as a program that does something with it would.
 */
import { connect } from '@q/client';
import { ReadMeter } from '../measure/read-meter.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface ProductConsumeOptions {
  readonly url: string;
  readonly topic: string;
  readonly records: number;
  readonly by: 'batch' | 'message';
}

const options = workerOptions<ProductConsumeOptions>();
const q = await connect(options.url);
const consumer = q.consumer(options.topic, { from: 'earliest' });
const meter = new ReadMeter(options.records, () => void report('measuring'));
let valueBytes = 0;

async function readBatches(): Promise<void> {
  for await (const batch of consumer.batches()) {
    let records = 0;
    for (const { value } of batch.records) {
      valueBytes += value?.length ?? 0;
      records += 1;
    }
    meter.add(records);
    if (meter.isDone) return;
  }
}

async function readMessages(): Promise<void> {
  for await (const { value } of consumer) {
    valueBytes += value?.length ?? 0;
    meter.add(1);
    if (meter.isDone) return;
  }
}

await (options.by === 'batch' ? readBatches() : readMessages());
await report('result', { ...meter.result(), valueBytes });

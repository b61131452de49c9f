/*
 * The product's consumer, from the first record to the last of a topic: whole batches, lent or not, or messages one by
 * one. Each record's value is taken in both, as a program that does something with it would.
 */
import type { Consumer, Isolation } from '@q/client';
import { ReadMeter } from '../measure/read-meter.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { comeIn } from './way-in.ts';
import type { WayIn } from './way-in.ts';

export interface ProductConsumeOptions {
  readonly url: string;
  readonly wayIn?: WayIn;
  readonly topic: string;
  /** Of all partitions. */
  readonly records: number;
  /** How often to read all of them. A topic that is still being written is read once. */
  readonly passes: number;
  readonly by: 'batch' | 'lent batch' | 'message';
  /** Absent: the default. */
  readonly isolation?: Isolation;
}

const { topic, records, passes, by, isolation, ...place } = workerOptions<ProductConsumeOptions>();
const q = await comeIn(place);
const meter = new ReadMeter(records * passes, () => void report('measuring'));
let valueBytes = 0;

async function readBatches(consumer: Consumer, until: () => boolean): Promise<void> {
  for await (const batch of consumer.batches({ lend: by === 'lent batch' })) {
    let count = 0;
    for (const { value } of batch.records) {
      valueBytes += value?.length ?? 0;
      count += 1;
    }
    meter.add(count);
    if (until()) return;
  }
}

async function readMessages(consumer: Consumer, until: () => boolean): Promise<void> {
  for await (const { value } of consumer) {
    valueBytes += value?.length ?? 0;
    meter.add(1);
    if (until()) return;
  }
}

for (let pass = 1; pass <= passes; pass += 1) {
  await using consumer = q.consumer(topic, { from: 'earliest', ...(isolation !== undefined && { isolation }) });
  if (pass === 1) await report('reading');
  const isRead = (): boolean => meter.records >= records * pass;
  await (by === 'message' ? readMessages(consumer, isRead) : readBatches(consumer, isRead));
}
await report('result', { ...meter.result(), valueBytes });

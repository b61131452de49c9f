/*
 * The product's producer: `enqueue` until the buffer is full, `ready`, again; `flush` at the end, so that every record
 * that counts is acknowledged. Default settings but for what the case names.
 */
import { connect } from '@q/client';
import { recordValue } from '../ceiling/full-batch.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface ProductProduceOptions {
  readonly url: string;
  readonly topic: string;
  readonly partitions: number;
  readonly durability: 'fsync' | 'os';
  readonly valueBytes: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Asking for the time costs more than buffering a record, so it is asked once for this many. */
const recordsPerLook = 256;

const options = workerOptions<ProductProduceOptions>();
const q = await connect(options.url);
await q.admin.createTopic(options.topic, { partitions: options.partitions, config: { durability: options.durability } });
const producer = q.producer();
const record = { value: recordValue(options.valueBytes) };

async function sendFor(durationMs: number): Promise<number> {
  const untilMs = performance.now() + durationMs;
  let records = 0;
  while (performance.now() < untilMs) {
    for (let count = 0; count < recordsPerLook; count += 1) {
      // False: it was taken, and is to be the last one for now.
      if (!producer.enqueue(options.topic, record)) await producer.ready();
      records += 1;
    }
  }
  await producer.flush();
  return records;
}

await sendFor(options.warmUpMs);
await report('measuring');
const startMs = performance.now();
const records = await sendFor(options.measureMs);
await report('result', { records, elapsedMs: performance.now() - startMs });

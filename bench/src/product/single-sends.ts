/* Callers that await each send of one record, against the product. */
import { connect } from '@q/client';
import { recordValue } from '../ceiling/full-batch.ts';
import { Latencies } from '../measure/latencies.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface ProductSingleSendsOptions {
  readonly url: string;
  readonly topic: string;
  readonly durability: 'fsync' | 'os';
  readonly callers: number;
  readonly valueBytes: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

const options = workerOptions<ProductSingleSendsOptions>();
const q = await connect(options.url);
await q.admin.createTopic(options.topic, { partitions: 1, config: { durability: options.durability } });
const producer = q.producer();
const record = { value: recordValue(options.valueBytes) };
const latencies = new Latencies();
const untilMs = performance.now() + options.warmUpMs + options.measureMs;

async function call(): Promise<void> {
  while (performance.now() < untilMs) {
    const startMs = performance.now();
    await producer.send(options.topic, record);
    latencies.record(performance.now() - startMs);
  }
}

const callers = Array.from({ length: options.callers }, call);
await new Promise((resolve) => setTimeout(resolve, options.warmUpMs));
latencies.reset();
await report('measuring');
const startMs = performance.now();
await Promise.all(callers);
await report('result', { elapsedMs: performance.now() - startMs, ...latencies.percentiles() });

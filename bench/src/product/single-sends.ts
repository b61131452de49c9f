/* Callers that await each send of one record, against the product. */
import { connect } from '@q/client';
import { recordValue } from '../ceiling/record-values.ts';
import { Latencies } from '../measure/latencies.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface ProductSingleSendsOptions {
  readonly url: string;
  readonly topic: string;
  readonly durability: 'fsync' | 'os';
  readonly callers: number;
  /** Each send goes to the next one. */
  readonly partitions: number;
  readonly valueBytes: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

const options = workerOptions<ProductSingleSendsOptions>();
const q = await connect(options.url);
await q.admin.createTopic(options.topic, {
  partitions: options.partitions,
  config: { durability: options.durability },
});
const producer = q.producer();
const value = recordValue(options.valueBytes);
const latencies = new Latencies();
const untilMs = performance.now() + options.warmUpMs + options.measureMs;

let partition = 0;

async function call(): Promise<void> {
  while (performance.now() < untilMs) {
    const startMs = performance.now();
    partition = (partition + 1) % options.partitions;
    await producer.send(options.topic, { value, partition });
    latencies.record(performance.now() - startMs);
  }
}

const callers = Array.from({ length: options.callers }, call);
await new Promise((resolve) => setTimeout(resolve, options.warmUpMs));
latencies.reset();
await report('measuring');
const startMs = performance.now();
await Promise.all(callers);
await report('result', {
  elapsedMs: performance.now() - startMs,
  percentiles: latencies.percentiles(),
  curve: latencies.curve(),
});

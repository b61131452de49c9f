/*
 * The bare client for single records: each of some callers sends a batch of one record and waits for its
 * acknowledgement, again and again. One record is one frame here; the product may gather callers into one batch.
 */
import { singleBatch } from './full-batch.ts';
import { CeilingLink } from './link.ts';
import { Latencies } from '../measure/latencies.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface CeilingSingleSendsOptions {
  readonly port: number;
  readonly callers: number;
  /** Each send goes to the next one. */
  readonly partitions: number;
  readonly valueBytes: number;
  /** Of each call, one after the other; absent: one. */
  readonly roundTrips?: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

const options = workerOptions<CeilingSingleSendsOptions>();
const { roundTrips = 1 } = options;
const batch = singleBatch(options.valueBytes);
const link = await CeilingLink.open(options.port);
const latencies = new Latencies();
const untilMs = performance.now() + options.warmUpMs + options.measureMs;

let partition = 0;

async function call(): Promise<void> {
  while (performance.now() < untilMs) {
    const startMs = performance.now();
    partition = (partition + 1) % options.partitions;
    for (let trip = 0; trip < roundTrips; trip += 1)
      await new Promise<void>((resolve) => link.send(partition, batch, resolve));
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

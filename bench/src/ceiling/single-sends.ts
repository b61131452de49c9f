/*
 * The bare client for single records: each of some callers sends a batch of one record and waits for its
 * acknowledgement, again and again. One record is one frame here; the product may gather callers into one batch.
 */
import { fullBatch, recordValue } from './full-batch.ts';
import { CeilingLink } from './link.ts';
import { Latencies } from '../measure/latencies.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface CeilingSingleSendsOptions {
  readonly port: number;
  readonly callers: number;
  readonly valueBytes: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

const options = workerOptions<CeilingSingleSendsOptions>();
// A batch takes its first record however small its limit is.
const { batch } = fullBatch({ value: recordValue(options.valueBytes), bytesMax: 1 });
const link = await CeilingLink.open(options.port);
const latencies = new Latencies();
const untilMs = performance.now() + options.warmUpMs + options.measureMs;

async function call(): Promise<void> {
  while (performance.now() < untilMs) {
    const startMs = performance.now();
    await new Promise<void>((resolve) => link.send(0, batch, resolve));
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

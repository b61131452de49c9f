/*
 * The bare client at a fixed rate: one record a frame, sent when it is due, timed from when it was due to its
 * acknowledgement. There is no consumer: the round trip through fdatasync is the least that any end-to-end time can be.
 */
import { Latencies } from '../measure/latencies.ts';
import { runOpenLoop } from '../measure/open-loop.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { singleBatch } from './full-batch.ts';
import { CeilingLink } from './link.ts';

export interface CeilingLatencyOptions {
  readonly port: number;
  readonly ratePerSecond: number;
  readonly valueBytes: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

const options = workerOptions<CeilingLatencyOptions>();
const batch = singleBatch(options.valueBytes);
const link = await CeilingLink.open(options.port);
const latencies = new Latencies();

function sendFor(durationMs: number): Promise<void> {
  return runOpenLoop({
    ratePerSecond: options.ratePerSecond,
    untilMs: performance.now() + durationMs,
    send: (scheduledMs) => link.send(0, batch, () => latencies.record(performance.now() - scheduledMs)),
  });
}

async function drained(): Promise<void> {
  while (link.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
}

await sendFor(options.warmUpMs);
await drained();
latencies.reset();
await report('measuring');
await sendFor(options.measureMs);
await drained();
await report('result', { percentiles: latencies.percentiles(), curve: latencies.curve() });

/*
 * One process that produces at a fixed rate and consumes the same topic, so that both ends read one clock. A record
 * carries the time at which it was due; both its acknowledgement and its arrival are timed from that.
 */
import { recordValue } from '../ceiling/record-values.ts';
import { Latencies } from '../measure/latencies.ts';
import { runOpenLoop } from '../measure/open-loop.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { comeIn } from './way-in.ts';
import type { WayIn } from './way-in.ts';

export interface ProductLatencyOptions {
  readonly url: string;
  readonly wayIn?: WayIn;
  readonly topic: string;
  readonly durability: 'fsync' | 'os';
  readonly ratePerSecond: number;
  readonly valueBytes: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

const options = workerOptions<ProductLatencyOptions>();
const q = await comeIn(options);
await q.admin.createTopic(options.topic, { partitions: 1, config: { durability: options.durability } });
const producer = q.producer();
const consumer = q.consumer(options.topic, { from: 'earliest' });
const acknowledgements = new Latencies();
const arrivals = new Latencies();
const failures: unknown[] = [];
let sent = 0;
let arrived = 0;

async function consume(): Promise<void> {
  for await (const { value } of consumer) {
    arrivals.record(performance.now() - value!.readDoubleBE(0));
    arrived += 1;
  }
}

async function send(scheduledMs: number): Promise<void> {
  const value = recordValue(options.valueBytes);
  value.writeDoubleBE(scheduledMs, 0);
  try {
    await producer.send(options.topic, { value });
    acknowledgements.record(performance.now() - scheduledMs);
  } catch (error) {
    failures.push(error);
  }
}

async function sendFor(durationMs: number): Promise<void> {
  const { ratePerSecond } = options;
  const untilMs = performance.now() + durationMs;
  await runOpenLoop({
    ratePerSecond,
    untilMs,
    send: (scheduledMs) => {
      sent += 1;
      void send(scheduledMs);
    },
  });
  while (arrived < sent && failures.length === 0) await new Promise((resolve) => setImmediate(resolve));
  if (failures.length > 0) throw failures[0];
}

const consuming = consume();
consuming.catch((error: unknown) => failures.push(error));
await sendFor(options.warmUpMs);
acknowledgements.reset();
arrivals.reset();
await report('measuring');
await sendFor(options.measureMs);
const found = (latencies: Latencies): object => ({ percentiles: latencies.percentiles(), curve: latencies.curve() });
await report('result', { acknowledgement: found(acknowledgements), arrival: found(arrivals) });

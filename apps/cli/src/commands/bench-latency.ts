import type { Q, QError } from '@q/client';
import { benchProgress, benchResult, reportBench } from '../bench/bench-report.ts';
import { inBenchTopic } from '../bench/bench-topic.ts';
import { Latencies } from '../bench/latencies.ts';
import { Pace } from '../bench/pace.ts';
import { Payload } from '../bench/payload.ts';
import type { CommandContext } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import type { BenchOptions } from './bench-options.ts';

const recordsDefault = 10_000;
const rateDefault = 1_000;
/** What is slow only once, such as connections and code that was never run, is not counted. */
const warmUpRecords = 500;
/** For the last records, after the last was sent. */
const drainMs = 5_000;

/** How long a record takes to its acknowledgement, and to a consumer that follows: one client does both. */
export function benchLatency(context: CommandContext, options: BenchOptions): Promise<ExitCode> {
  const measure = (q: Q): Promise<ExitCode> =>
    inBenchTopic(q, { context, options, what: 'latency' }, (topic) => measureIn(q, topic, { context, options }));
  return withClient(context, options, measure, { endsItself: true });
}

async function measureIn(
  q: Q,
  topic: string,
  o: { context: CommandContext; options: BenchOptions },
): Promise<ExitCode> {
  const { context, options } = o;
  const run = new LatencyRun(q, topic, o);
  const progress = benchProgress(context, 'measuring');
  let startMs = performance.now();
  try {
    await run.ready();
    await run.send(warmUpRecords, undefined, () => undefined);
    await run.drain();
    run.beginToCount();
    startMs = performance.now();
    const records = options.records ?? (options.duration === undefined ? recordsDefault : undefined);
    await run.send(records, options.duration, (sent) =>
      progress.update({ records: sent, bytes: sent * options.size, ...(records !== undefined && { of: records }) }),
    );
    await run.drain();
  } finally {
    progress.clear();
    await run.close();
  }
  const done = { topic, records: run.sent, bytes: run.sent * options.size, durationMs: performance.now() - startMs };
  reportBench(
    context,
    options,
    benchResult(done, { acknowledged: run.acknowledged.summary(), delivered: run.delivered.summary() }),
  );
  return context.interrupt.aborted ? ExitCode.interrupted : ExitCode.ok;
}

/**
 * One record after another, each at its time. Its number in the key says which it is when it comes back.
 *
 * Invariants
 * - `#dueMs` holds the records that have been sent and have not come back.
 */
class LatencyRun {
  acknowledged = new Latencies();
  delivered = new Latencies();
  sent = 0;
  readonly #q: Q;
  readonly #topic: string;
  readonly #options: BenchOptions;
  readonly #stop: AbortController = new AbortController();
  readonly #interrupt: AbortSignal;
  readonly #producer: ReturnType<Q['producer']>;
  readonly #payload: Payload;
  readonly #dueMs = new Map<number, number>();
  #number = 0;
  #failure: QError | null = null;
  #reading: Promise<void> | null = null;
  #onEmpty: (() => void) | null = null;

  constructor(q: Q, topic: string, { context, options }: { context: CommandContext; options: BenchOptions }) {
    this.#q = q;
    this.#topic = topic;
    this.#options = options;
    this.#interrupt = context.interrupt;
    this.#producer = q.producer({ compression: options.compression });
    this.#payload = new Payload(options.size);
  }

  async ready(): Promise<void> {
    const consumer = this.#q.consumer(this.#topic, { from: 'latest', signal: this.#stop.signal });
    await consumer.ready();
    this.#reading = (async () => {
      for await (const { key } of consumer) this.#came(Number(key?.toString() ?? '-1'));
    })();
    this.#reading.catch((error: QError) => (this.#failure ??= error));
  }

  beginToCount(): void {
    this.acknowledged = new Latencies();
    this.delivered = new Latencies();
    this.sent = 0;
  }

  async send(records: number | undefined, durationMs: number | undefined, tell: (sent: number) => void): Promise<void> {
    const pace = new Pace({ rate: this.#options.rate ?? rateDefault, records, durationMs, signal: this.#interrupt });
    for (;;) {
      const dueMs = await pace.next();
      if (dueMs === null) return;
      if (this.#failure !== null) throw this.#failure;
      this.sent += 1;
      this.#number += 1;
      this.#dueMs.set(this.#number, dueMs);
      void this.#sendOne(this.#number, dueMs);
      tell(this.sent);
    }
  }

  /** Waits until all that was sent is back, unless something is wrong. */
  async drain(): Promise<void> {
    await this.#producer.flush();
    if (this.#dueMs.size === 0) return;
    const late = AbortSignal.timeout(drainMs);
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      late.addEventListener('abort', () => resolve());
    });
    if (this.#failure !== null) throw this.#failure;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#producer.close();
    await this.#reading?.catch(() => undefined);
  }

  async #sendOne(number: number, dueMs: number): Promise<void> {
    const counted = this.acknowledged;
    try {
      await this.#producer.send(this.#topic, { key: String(number), value: this.#payload.next() });
      counted.add(performance.now() - dueMs);
    } catch (error) {
      this.#failure ??= error as QError;
    }
  }

  #came(number: number): void {
    const dueMs = this.#dueMs.get(number);
    // Of somebody else, in a topic that is not ours alone.
    if (dueMs === undefined) return;
    this.#dueMs.delete(number);
    this.delivered.add(performance.now() - dueMs);
    if (this.#dueMs.size === 0) this.#onEmpty?.();
  }
}

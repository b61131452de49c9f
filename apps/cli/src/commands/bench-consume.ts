import type { Q } from '@q/client';
import { benchProgress, benchResult, reportBench } from '../bench/bench-report.ts';
import type { BenchResult } from '../bench/bench-report.ts';
import { inBenchTopic } from '../bench/bench-topic.ts';
import { Latencies } from '../bench/latencies.ts';
import { sendRecords } from '../bench/send-records.ts';
import type { CommandContext } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import type { BenchOptions } from './bench-options.ts';

const recordsDefault = 1_000_000;

/** Reads the topic that was named, as far as it goes, or one that is filled for the purpose. */
export function benchConsume(context: CommandContext, options: BenchOptions): Promise<ExitCode> {
  const measure = (q: Q): Promise<ExitCode> =>
    inBenchTopic(q, { context, options, what: 'consume' }, async (topic) => {
      if (options.topic === undefined) await fillTopic(q, topic, { context, options });
      if (context.interrupt.aborted) return ExitCode.interrupted;
      reportBench(context, options, await read(q, topic, { context, options }));
      return context.interrupt.aborted ? ExitCode.interrupted : ExitCode.ok;
    });
  return withClient(context, options, measure, { endsItself: true });
}

async function fillTopic(
  q: Q,
  topic: string,
  { context, options }: { context: CommandContext; options: BenchOptions },
): Promise<void> {
  const progress = benchProgress(context, 'filling');
  await sendRecords(q, {
    topic,
    size: options.size,
    compression: options.compression,
    rate: undefined,
    records: options.records ?? recordsDefault,
    durationMs: undefined,
    signal: context.interrupt,
    progress,
  }).finally(() => progress.clear());
}

async function read(
  q: Q,
  topic: string,
  { context, options }: { context: CommandContext; options: BenchOptions },
): Promise<BenchResult> {
  const { records: recordsMax = Number.POSITIVE_INFINITY, duration = Number.POSITIVE_INFINITY } = options;
  const progress = benchProgress(context, 'consuming');
  const waits = new Latencies();
  const total = { records: 0, bytes: 0 };
  const startMs = performance.now();
  let askedMs = startMs;
  let firstMs: number | null = null;
  await using consumer = q.consumer(topic, { stopAtEnd: true, signal: context.interrupt });
  for await (const batch of consumer.batches({ lend: true })) {
    const nowMs = performance.now();
    waits.add(nowMs - askedMs);
    firstMs ??= nowMs - startMs;
    for (const { key, value } of batch.records) {
      total.bytes += (key?.length ?? 0) + (value?.length ?? 0);
      total.records += 1;
    }
    progress.update(total);
    askedMs = performance.now();
    if (total.records >= recordsMax || askedMs - startMs >= duration) break;
  }
  progress.clear();
  const notes = { 'first record after': firstMs === null ? 'never' : `${firstMs.toFixed(1)} ms` };
  const done = { topic, ...total, durationMs: performance.now() - startMs };
  return benchResult(done, { 'wait for a batch': waits.summary() }, notes);
}

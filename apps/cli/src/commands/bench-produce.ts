import { benchProgress, benchResult, reportBench } from '../bench/bench-report.ts';
import { inBenchTopic } from '../bench/bench-topic.ts';
import { sendRecords } from '../bench/send-records.ts';
import type { CommandContext } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import type { BenchOptions } from './bench-options.ts';

const recordsDefault = 1_000_000;

export function benchProduce(context: CommandContext, options: BenchOptions): Promise<ExitCode> {
  const { duration, rate, size, compression } = options;
  const measure = (q: Parameters<Parameters<typeof withClient>[2]>[0]): Promise<ExitCode> =>
    inBenchTopic(q, { context, options, what: 'produce' }, async (topic) => {
      const progress = benchProgress(context, 'producing');
      const sent = await sendRecords(q, {
        topic,
        size,
        compression,
        rate,
        records: options.records ?? (duration === undefined ? recordsDefault : undefined),
        durationMs: duration,
        signal: context.interrupt,
        progress,
      }).finally(() => progress.clear());
      const { acknowledged, durability, ...done } = sent;
      // Without a rate the buffer of the producer is always full, and a record waits for its turn in it.
      const waits = rate === undefined ? { buffer: 'full: with --rate, times tell of the broker alone' } : {};
      const notes = { 'acknowledged when': durability, compression, ...waits };
      reportBench(context, options, benchResult({ topic, ...done }, { acknowledged: acknowledged.summary() }, notes));
      return context.interrupt.aborted ? ExitCode.interrupted : ExitCode.ok;
    });
  return withClient(context, options, measure, { endsItself: true });
}

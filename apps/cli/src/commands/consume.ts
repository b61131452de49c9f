import type { Consumer, ConsumerOptions, Q } from '@q/client';
import { usageError } from '../command-error.ts';
import type { CommandContext } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { sayWhenCaughtUp } from '../output/caught-up.ts';
import { openRecordOutput } from '../output/record-output.ts';
import type { RecordOutput } from '../output/record-output.ts';
import { consumeAsMember } from './consume-group.ts';
import { planConsumption } from './consume-plan.ts';
import type { ConsumeOptions, StopOffsets } from './consume-plan.ts';
import { heldText } from './held-records.ts';

export async function consume(context: CommandContext, topic: string, options: ConsumeOptions): Promise<ExitCode> {
  if (options.json === true && options.format !== undefined) throw usageError('--json and --format exclude each other');
  const { group } = options;
  if (group !== undefined) return consumeAsMember(context, topic, { ...options, group });
  return withClient(context, options, (q) => consumeRecords(q, context, topic, options), { endsItself: true });
}

async function consumeRecords(
  q: Q,
  context: CommandContext,
  topic: string,
  options: ConsumeOptions,
): Promise<ExitCode> {
  const plan = await planConsumption(q, topic, { ...options, nowMs: Date.now() });
  if (plan === null || options.count === 0) return ExitCode.ok;
  const { isolation } = options;
  const consumerOptions: ConsumerOptions = {
    ...plan.consumer,
    signal: context.interrupt,
    ...(isolation !== undefined && { isolation }),
  };
  await using consumer = q.consumer(topic, consumerOptions);
  const countMax = options.count ?? Number.POSITIVE_INFINITY;
  const copy: Copy = { consumer, stopOffsets: plan.stopOffsets, countMax, ...openRecordOutput(context, options) };
  const position = (partition: number): number => consumer.position(partition);
  const reached = { topic, ends: plan.ends, position, isolation };
  if (plan.consumer.stopAtEnd !== true) {
    sayWhenCaughtUp(context, consumer, { ...copy, heldLines: () => heldText(context, reached, options) });
  }
  let isAllRead = false;
  try {
    isAllRead = await copyRecords(copy);
  } finally {
    copy.progress.clear();
    // Also when reading failed: what was read before is not held back.
    await copy.output.flush();
  }
  if (isAllRead && !context.interrupt.aborted) context.stderr.write(await heldText(context, reached, options));
  return ExitCode.ok;
}

interface Copy extends RecordOutput {
  readonly consumer: Consumer;
  /** Empty: nothing but the end stops it. */
  readonly stopOffsets: StopOffsets;
  readonly countMax: number;
}

/**
 * Writes records until the loop ends, the count is reached, every partition is past its stop, or the reader goes away.
 * True: the loop has ended by itself, with all that it is given.
 */
async function copyRecords({ consumer, stopOffsets, countMax, output, write, progress }: Copy): Promise<boolean> {
  const unfinished = new Set(stopOffsets.keys());
  const total = { records: 0, bytes: 0 };
  // Lent: what is written is copied at once.
  for await (const batch of consumer.batches({ lend: true })) {
    const stopOffset = stopOffsets.get(batch.partition) ?? Number.POSITIVE_INFINITY;
    for (const record of batch.records) {
      if (record.offset < stopOffset) {
        write(record, output);
        total.records += 1;
        if (output.isFull) await output.flush();
        if (output.closed || total.records >= countMax) return false;
      }
      if (record.offset >= stopOffset - 1 && unfinished.delete(batch.partition) && unfinished.size === 0) return false;
    }
    output.flushSoon();
    total.bytes += batch.sizeBytes;
    progress.update(total);
  }
  return true;
}

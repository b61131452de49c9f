import type { GroupConsumer, GroupConsumerOptions, Q } from '@q/client';
import { usageError } from '../command-error.ts';
import type { CommandContext } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import type { OffsetRange } from '../input/offset-expression.ts';
import { timestampOf } from '../input/time-expression.ts';
import { AckedOutput } from '../output/acked-output.ts';
import { sayWhenCaughtUp } from '../output/caught-up.ts';
import { openRecordOutput } from '../output/record-output.ts';
import type { RecordOutput } from '../output/record-output.ts';
import { formatCount } from '../output/units.ts';
import type { ConsumeOptions } from './consume-plan.ts';
import { findHeldIn, heldLines } from './held-records.ts';
import { MemberTroubles } from './member-troubles.ts';

type MemberOptions = ConsumeOptions & { readonly group: string };

/**
 * `q consume -g`: a member of a group that handles a record by writing it. A record is acknowledged when standard
 * output has taken it, so whatever ends the command, the group goes on with the first one that nobody has.
 */
export function consumeAsMember(context: CommandContext, topic: string, options: MemberOptions): Promise<ExitCode> {
  refuseOptions(options);
  const from = startOf(options.offset, Date.now());
  return withClient(
    context,
    options,
    async (q) => {
      // Asked for its check alone: a consumer of a topic that is not there would wait for it to appear.
      await q.admin.describeTopic(topic);
      return options.count === 0 ? ExitCode.ok : copyMessages(q, context, { topic, from, options });
    },
    { endsItself: true },
  );
}

/** What would have the group do something else than share the partitions and go on where it is. */
function refuseOptions({ partition, exit }: MemberOptions): void {
  if (partition !== undefined)
    throw usageError('--partition does not go with --group: the group gives out the partitions');
  if (exit === true)
    throw usageError(
      '--exit does not go with --group: partitions come and go, and with them the end; use --count, or Ctrl-C',
    );
}

function startOf({ from, to }: OffsetRange, nowMs: number): NonNullable<GroupConsumerOptions['from']> {
  if (to === null && from.kind === 'start') return 'earliest';
  if (to === null && from.kind === 'end') return 'latest';
  if (to === null && from.kind === 'time') return { timestampMs: timestampOf(from.time, nowMs) };
  throw usageError(
    '--offset says with --group only where to begin where the group has committed nothing: start, end or a time; "q group seek" moves it',
  );
}

async function copyMessages(
  q: Q,
  context: CommandContext,
  o: { topic: string; from: NonNullable<GroupConsumerOptions['from']>; options: MemberOptions },
): Promise<ExitCode> {
  const { QError } = await import('@q/client');
  const { topic, from, options } = o;
  const out = openRecordOutput(context, options);
  const printed = new AckedOutput(out.output, (error) => QError.is(error) && error.code === 'PARTITION_NOT_OWNED');
  const { group, isolation } = options;
  const consumer = q.consumer(topic, {
    group,
    from,
    signal: context.interrupt,
    ...(isolation !== undefined && { isolation }),
  });
  const write = (line: string): void => {
    out.progress.clear();
    context.stderr.write(line);
  };
  const troubles = new MemberTroubles(consumer, { write, json: options.json === true });
  const saysHeld = (): Promise<string> => heldOf(context, { topic, consumer, options });
  sayWhenCaughtUp(context, consumer, { ...out, heldLines: saysHeld });
  try {
    await copy(consumer, { out, printed, countMax: options.count ?? Number.POSITIVE_INFINITY });
  } finally {
    out.progress.clear();
    await printed.flush();
    // Commits what was acknowledged and leaves the group: its partitions go to the others at once.
    await consumer.close();
    context.stderr.write(reportOf(printed, { group: options.group, troubles }));
  }
  return troubles.hasFailed ? ExitCode.failure : ExitCode.ok;
}

/** Of the partitions that this member owns. */
async function heldOf(
  context: CommandContext,
  { topic, consumer, options }: { topic: string; consumer: GroupConsumer; options: MemberOptions },
): Promise<string> {
  if (options.isolation === 'read_uncommitted') return '';
  const owned = new Set(consumer.partitions);
  const held = await findHeldIn(context, topic, options);
  return heldLines(held.filter(({ partition }) => owned.has(partition)));
}

async function copy(
  consumer: GroupConsumer,
  o: { out: RecordOutput; printed: AckedOutput; countMax: number },
): Promise<void> {
  const {
    out: { output, write, progress },
    printed,
  } = o;
  const total = { records: 0, bytes: 0 };
  for await (const message of consumer) {
    write(message, output);
    printed.add(message);
    total.records += 1;
    total.bytes += (message.key?.length ?? 0) + (message.value?.length ?? 0);
    if (output.isFull || total.records >= o.countMax) await printed.flush();
    else printed.flushSoon();
    // What the reader has not taken will not be acknowledged: there is nothing to wait for.
    if (output.closed) await consumer.close({ timeoutMs: 0 });
    if (output.closed || total.records >= o.countMax) return;
    progress.update(total);
  }
}

function reportOf(
  { acknowledged, unacknowledged }: AckedOutput,
  o: { group: string; troubles: MemberTroubles },
): string {
  const what = `${formatCount(acknowledged)} ${acknowledged === 1 ? 'record was' : 'records were'} handled in group ${o.group}`;
  const again = unacknowledged === 0 ? '' : `; ${formatCount(unacknowledged)} more were not, and come again`;
  return `${what}${again}${o.troubles.hasFailed ? '; some of them may come again' : ''}\n`;
}

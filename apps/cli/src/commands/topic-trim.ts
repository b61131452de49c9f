import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { confirm, requireForceOrTerminal } from '../confirmation.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import type { Position } from '../input/offset-expression.ts';
import { formatJson } from '../output/json.ts';
import type { Screen } from '../screen.ts';
import { formatTable } from '../output/table.ts';
import { formatCount, unitsOf } from '../output/units.ts';
import { resolveInPartitions } from './partition-positions.ts';
import type { PartitionPosition } from './partition-positions.ts';

export interface TopicTrimOptions extends GlobalOptions {
  readonly before: Position;
  readonly partition?: readonly number[];
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

interface Trimmed {
  readonly partition: number;
  readonly startOffset: number;
  readonly deleted: number;
  /** False: there were fewer records, since compaction had taken some out already. */
  readonly deletedExact: boolean;
}

export async function trimTopic(context: CommandContext, name: string, options: TopicTrimOptions): Promise<ExitCode> {
  const dryRun = options.dryRun === true;
  const forced = dryRun || options.force === true;
  requireForceOrTerminal(context, { forced, what: `trimming ${name}` });
  const trimmed = await withClient(context, options, async (q): Promise<Trimmed[]> => {
    const before = await resolveInPartitions(q, {
      topic: name,
      partitions: options.partition,
      position: options.before,
      nowMs: Date.now(),
    });
    if (!forced) await confirm(context, questionOf(name, before));
    // Sent as it is where it is out of range, so that the broker says so and what the range is.
    const asked = Object.fromEntries(before.map(({ partition, offset }) => [partition, offset]));
    const after: Readonly<Record<number, number>> = dryRun ? asked : await q.admin.deleteRecords(name, asked);
    return before.map(({ partition, startOffset, isGapless = false }) => {
      const newStart = Math.max(startOffset, after[partition] ?? startOffset);
      return {
        partition,
        startOffset: newStart,
        deleted: newStart - startOffset,
        deletedExact: isGapless || newStart === startOffset,
      };
    });
  });
  context.stdout.write(await report(trimmed, { name, dryRun, options, screen: context.stdout }));
  return ExitCode.ok;
}

/** Of what is there now: records that come until the answer are not before the offset that is asked for. */
function questionOf(name: string, before: readonly PartitionPosition[]): string {
  let deleted = 0;
  for (const { offset, startOffset, endOffset } of before)
    deleted += Math.max(0, Math.min(offset, endOffset) - startOffset);
  const bound = before.every(({ isGapless }) => isGapless === true) ? '' : 'at most ';
  const places = before.length === 1 ? `partition ${before[0]?.partition}` : `${formatCount(before.length)} partitions`;
  return `Delete ${bound}${formatCount(deleted)} messages of ${name}, in ${places}?`;
}

async function report(
  trimmed: readonly Trimmed[],
  o: { name: string; dryRun: boolean; options: TopicTrimOptions; screen: Screen },
): Promise<string> {
  if (o.options.json === true)
    return formatJson({ name: o.name, partitions: trimmed, dryRun: o.dryRun }, isTerminal(o.screen));
  const units = unitsOf(o.options);
  const columns = [
    { title: 'partition', align: 'right' },
    { title: o.dryRun ? 'would start at' : 'starts at', align: 'right' },
    { title: o.dryRun ? 'would be deleted' : 'deleted', align: 'right' },
  ] as const;
  const rows = trimmed.map(({ partition, startOffset, deleted, deletedExact }) => [
    String(partition),
    String(startOffset),
    units.bound(deleted, deletedExact),
  ]);
  return formatTable(columns, rows, o.screen);
}

import type { OffsetReset, Q } from '@q/client';
import { CommandError, usageError } from '../command-error.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { parseOffsetFile } from '../input/offset-file.ts';
import type { FileOffset } from '../input/offset-file.ts';
import type { Position } from '../input/offset-expression.ts';
import { readTextFile } from '../input/text-file.ts';
import { formatJson } from '../output/json.ts';
import type { Screen } from '../screen.ts';
import { formatTable } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import { findGroup } from './group-lookup.ts';
import { planSeek } from './group-seek-plan.ts';
import type { SeekGoal, SeekTarget } from './group-seek-plan.ts';

export interface GroupSeekOptions extends GlobalOptions {
  readonly topic?: string;
  readonly partition?: readonly number[];
  /** Exactly one of these three says where to. */
  readonly to?: Position;
  readonly shift?: number;
  readonly fromFile?: string;
  /** Without it there is a preview only. */
  readonly execute?: boolean;
}

interface Move extends OffsetReset {
  /** Records that are left to handle from the new offset. */
  readonly lag: number;
  /** False: there may be fewer, since compaction has taken some out. */
  readonly lagExact: boolean;
}

export async function seekGroup(context: CommandContext, group: string, options: GroupSeekOptions): Promise<ExitCode> {
  const goal = await goalOf(context, options);
  const executed = options.execute === true;
  const { moves, isNew } = await withClient(context, options, async (q) => {
    // A group that does not exist yet can be put somewhere, and there is nothing to shift in it.
    const known = goal.kind === 'shift' ? await q.admin.describeGroup(group) : await findGroup(q, group);
    const targets = await planSeek(q, { group, known, goal });
    return { moves: await reset(q, group, { targets, validateOnly: !executed }), isNew: known === null };
  });
  if (options.json === true) {
    context.stdout.write(formatJson({ group, executed, partitions: moves }, isTerminal(context.stdout)));
    return ExitCode.ok;
  }
  context.stdout.write(await tableOf(moves, { executed, options, screen: context.stdout }));
  if (!executed)
    context.stderr.write(
      `nothing was changed${isNew ? `, and there is no group ${group} yet` : ''}; add --execute to do it\n`,
    );
  return ExitCode.ok;
}

async function goalOf(context: CommandContext, options: GroupSeekOptions): Promise<SeekGoal> {
  const { topic, partition: partitions, to, shift, fromFile } = options;
  const given = [to, shift, fromFile].filter((way) => way !== undefined).length;
  if (given !== 1) throw usageError('say where to with one of --to, --shift and --from-file');
  if (fromFile !== undefined) return { kind: 'offsets', offsets: await readOffsets(context, fromFile, options) };
  if (topic === undefined) throw usageError('name the topic with --topic');
  if (to !== undefined) return { kind: 'place', topic, partitions, position: to, nowMs: Date.now() };
  return { kind: 'shift', topic, partitions, by: shift ?? 0 };
}

/** The offsets of a file, of one topic and some partitions only if these are named. */
async function readOffsets(context: CommandContext, path: string, options: GroupSeekOptions): Promise<FileOffset[]> {
  const text = await readTextFile(path, context.stdin, context.interrupt);
  try {
    const offsets = parseOffsetFile(text).filter(
      ({ topic, partition }) =>
        (options.topic === undefined || topic === options.topic) && (options.partition?.includes(partition) ?? true),
    );
    if (offsets.length === 0)
      throw usageError(`it has no offset${options.topic === undefined ? '' : ` of ${options.topic}`}`);
    return offsets;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(
      ExitCode.failure,
      `${path === '-' ? 'standard input' : path} cannot be used: ${error.message}`,
      { cause: error },
    );
  }
}

async function reset(
  q: Q,
  group: string,
  o: { targets: readonly SeekTarget[]; validateOnly: boolean },
): Promise<Move[]> {
  const offsets: Record<string, Record<number, number>> = {};
  for (const { topic, partition, offset } of o.targets) (offsets[topic] ??= {})[partition] = offset;
  const places = new Map(o.targets.map((target) => [placeOf(target), target]));
  const resets = await q.admin.resetGroupOffsets(group, offsets, { validateOnly: o.validateOnly });
  return resets.map((move) => {
    const { endOffset, isGapless } = places.get(placeOf(move)) ?? { endOffset: move.offset, isGapless: true };
    const lag = Math.max(0, endOffset - move.offset);
    return { ...move, lag, lagExact: isGapless || lag === 0 };
  });
}

function placeOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`;
}

function tableOf(
  moves: readonly Move[],
  o: { executed: boolean; options: GroupSeekOptions; screen: Screen },
): Promise<string> {
  const units = unitsOf(o.options);
  const titles = o.executed
    ? ['partition', 'was at', 'is at', 'moved', 'lag']
    : ['partition', 'is at', 'would be at', 'would move', 'lag then'];
  const rows = moves.map(({ topic, partition, previousOffset, offset, lag, lagExact }) => {
    const distance = previousOffset === null ? null : offset - previousOffset;
    const moved = distance === null ? '-' : `${distance > 0 ? '+' : ''}${units.count(distance)}`;
    return [topic, String(partition), String(previousOffset ?? '-'), String(offset), moved, units.bound(lag, lagExact)];
  });
  return formatTable(
    [{ title: 'topic' }, ...titles.map((title) => ({ title, align: 'right' as const }))],
    rows,
    o.screen,
  );
}

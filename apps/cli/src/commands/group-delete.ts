import type { Q } from '@q/client';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { usageError } from '../command-error.ts';
import { confirm, requireForceOrTerminal } from '../confirmation.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { namePartitions } from '../output/partition-ranges.ts';
import { formatCount } from '../output/units.ts';

export interface GroupDeleteOptions extends GlobalOptions {
  /** Only offsets, of one topic; the group stays. */
  readonly offsets?: boolean;
  readonly topic?: string;
  readonly partition?: readonly number[];
  readonly force?: boolean;
}

export async function deleteGroup(
  context: CommandContext,
  group: string,
  options: GroupDeleteOptions,
): Promise<ExitCode> {
  const { topic, partition: partitions } = options;
  if (options.offsets === true) {
    if (topic === undefined) throw usageError('--offsets forgets the offsets of one topic: name it with --topic');
    return forgetOffsets(context, group, { ...options, topic });
  }
  // Somebody who names a topic does not mean the whole group.
  if (topic !== undefined || partitions !== undefined)
    throw usageError('a group is deleted with all its offsets; add --offsets to forget only those of a topic');
  return deleteWhole(context, group, options);
}

async function deleteWhole(context: CommandContext, group: string, options: GroupDeleteOptions): Promise<ExitCode> {
  const forced = options.force === true;
  requireForceOrTerminal(context, { forced, what: `deleting group ${group}` });
  const { offsets } = await withClient(context, options, async (q) => {
    if (!forced) await confirm(context, `Delete group ${group} with its ${await offsetsOf(q, group)}?`);
    return q.admin.deleteGroup(group);
  });
  const text = `deleted ${group} with its ${countOffsets(offsets)}\n`;
  context.stdout.write(options.json === true ? formatJson({ group, offsets }, isTerminal(context.stdout)) : text);
  return ExitCode.ok;
}

async function forgetOffsets(
  context: CommandContext,
  group: string,
  options: GroupDeleteOptions & { topic: string },
): Promise<ExitCode> {
  const { topic, partition: partitions } = options;
  const forced = options.force === true;
  const place = partitions === undefined ? topic : `${topic}, ${namePartitions(partitions)}`;
  requireForceOrTerminal(context, { forced, what: `forgetting offsets of group ${group}` });
  const { offsets } = await withClient(context, options, async (q) => {
    if (!forced) await confirm(context, `Forget where group ${group} is in ${place}?`);
    return q.admin.deleteGroupOffsets(group, topic, partitions === undefined ? {} : { partitions });
  });
  const text = `${group} has forgotten ${countOffsets(offsets)} in ${place}\n`;
  context.stdout.write(
    options.json === true ? formatJson({ group, topic, offsets }, isTerminal(context.stdout)) : text,
  );
  return ExitCode.ok;
}

async function offsetsOf(q: Q, group: string): Promise<string> {
  const { partitions } = await q.admin.describeGroup(group);
  return countOffsets(partitions.filter(({ committedOffset }) => committedOffset !== null).length);
}

function countOffsets(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'offset' : 'offsets'}`;
}

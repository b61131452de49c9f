import type { ListedGroup, Q } from '@q/client';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import type { Screen } from '../screen.ts';
import { formatTable } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import { findGroup } from './group-lookup.ts';

export interface GroupListOptions extends GlobalOptions {
  readonly prefix?: string;
  /** Ask about each group as well. */
  readonly lag?: boolean;
}

interface GroupRow extends ListedGroup {
  /** Only there when it was asked for. */
  readonly lag?: number | null;
  readonly lagExact?: boolean;
}

export async function listGroups(context: CommandContext, options: GroupListOptions): Promise<ExitCode> {
  const groups = await withClient(context, options, async (q): Promise<readonly GroupRow[]> => {
    const listed = await q.admin.listGroups(options.prefix === undefined ? {} : { prefix: options.prefix });
    return options.lag === true ? withLag(q, listed) : listed;
  });
  if (options.json === true) {
    context.stdout.write(formatJson(groups, isTerminal(context.stdout)));
    return ExitCode.ok;
  }
  if (groups.length === 0 && isTerminal(context.stdout)) {
    context.stderr.write(options.prefix === undefined ? 'no groups yet\n' : `no group begins with ${options.prefix}\n`);
    return ExitCode.ok;
  }
  context.stdout.write(await tableOf(groups, options, context.stdout));
  return ExitCode.ok;
}

/**
 * One group after the other: a broker with thousands of them has other work too. Groups that are gone by then are left
 * out.
 */
async function withLag(q: Q, listed: readonly ListedGroup[]): Promise<GroupRow[]> {
  const rows: GroupRow[] = [];
  for (const group of listed) {
    const described = await findGroup(q, group.groupId);
    if (described !== null) rows.push({ ...group, lag: described.lag, lagExact: described.lagExact });
  }
  return rows;
}

function tableOf(groups: readonly GroupRow[], options: GroupListOptions, screen: Screen): Promise<string> {
  const units = unitsOf(options);
  const numbers = ['members', 'offsets', ...(options.lag === true ? ['lag'] : [])].map((title) => ({
    title,
    align: 'right' as const,
  }));
  const rows = groups.map(({ groupId, state, members, offsets, lag, lagExact = false }) => [
    groupId,
    state,
    units.count(members),
    units.count(offsets),
    ...(lag === undefined ? [] : [lag === null ? '-' : units.bound(lag, lagExact)]),
  ]);
  return formatTable([{ title: 'group' }, { title: 'state' }, ...numbers], rows, screen);
}

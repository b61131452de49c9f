import { styleText } from 'node:util';
import type { GroupDescription } from '@q/client';
import type { CommandContext } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { sparkline } from '../output/sparkline.ts';
import { formatFacts, formatTable } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import type { Units } from '../output/units.ts';
import { heightOf } from '../screen.ts';
import { findDelay } from './group-delay.ts';
import type { GroupDelay } from './group-delay.ts';
import { GroupTrend } from './group-trend.ts';
import type { TrendPoint } from './group-trend.ts';
import { delayText } from './group-view.ts';
import { findHeldOf, heldSummary } from './held-records.ts';
import type { HeldPartition } from './held-records.ts';
import { watch } from './watch-loop.ts';
import type { WatchOptions } from './watch-loop.ts';

/** Above the partitions: facts, an empty line and the titles; below them, where some are left out, how many. */
const linesAround = 12;
/** The broker looks at all its groups for it. */
const heldEachMs = 5_000;

interface Seen extends TrendPoint {
  readonly delay: GroupDelay;
  readonly held: readonly HeldPartition[];
}

export function watchGroup(context: CommandContext, group: string, options: WatchOptions): Promise<ExitCode> {
  const trend = new GroupTrend();
  const units = unitsOf(options);
  let held: readonly HeldPartition[] = [];
  let heldUntilMs = 0;
  return withClient(
    context,
    options,
    async (q) => {
      await watch(context, options, {
        look: async () => {
          const described = await q.admin.describeGroup(group);
          const times = { nowMs: performance.now(), wallMs: Date.now() };
          const point = trend.add(described, times);
          if (times.nowMs >= heldUntilMs) {
            held = await findHeldOf(context, described, options);
            heldUntilMs = performance.now() + heldEachMs;
          }
          return { ...point, held, delay: await findDelay(q, group) };
        },
        frame: (point) => frameOf(point, { units, context }),
        line: lineOf,
      });
      return ExitCode.ok;
    },
    { endsItself: true },
  );
}

/** The names are frozen: programs read them. Rates are null until there are two looks. */
function lineOf({ group, timeMs, handledPerSecond, arrivingPerSecond, delay, held }: Seen): object {
  const { groupId, state, lag, lagExact, members, partitions } = group;
  return {
    timeMs,
    groupId,
    state,
    members: members.length,
    stalled: members.filter(({ stalled }) => stalled).length,
    lag,
    lagExact,
    lagMs: delay.lagMs,
    heldBack: held,
    handledPerSecond,
    arrivingPerSecond,
    partitions: partitions.map(({ topic, partition, committedOffset, highWatermark, lag: behind, memberId }) => ({
      topic,
      partition,
      committedOffset,
      highWatermark,
      lag: behind,
      memberId,
    })),
  };
}

async function frameOf(point: Seen, o: { units: Units; context: CommandContext }): Promise<string> {
  const { group, lags } = point;
  const { units, context } = o;
  const stalled = group.members.filter((member) => member.stalled).length;
  const facts = formatFacts(
    [
      ['group', `${group.groupId}, ${group.state}`],
      [
        'members',
        `${units.count(group.members.length)}${stalled === 0 ? '' : `, ${styleText('red', `${units.count(stalled)} stalled`)}`}`,
      ],
      ['lag', `${group.lag === null ? 'unknown' : units.bound(group.lag, group.lagExact)}  ${sparkline(lags)}`],
      ['behind for', delayText(point.delay, units)],
      ...(point.held.length === 0 ? [] : [['held back', heldSummary(point.held)] satisfies [string, string]]),
      ['handled', rateText(point.handledPerSecond, units)],
      ['arriving', rateText(point.arrivingPerSecond, units)],
      ['', outlook(point, units)],
    ],
    true,
  );
  return `${facts}\n${await partitionsOf(group, { units, rowsMax: heightOf(context.stdout) - linesAround })}`;
}

function rateText(perSecond: number | null, units: Units): string {
  return perSecond === null ? '…' : `${units.count(Math.round(perSecond))} records/s`;
}

/** What the two rates come to. */
function outlook({ group, handledPerSecond, arrivingPerSecond }: TrendPoint, units: Units): string {
  if (group.lag === null || handledPerSecond === null || arrivingPerSecond === null) return '';
  if (group.lag === 0) return 'nothing waits';
  const gained = handledPerSecond - arrivingPerSecond;
  if (gained > 0.5) return `caught up in about ${units.duration((group.lag / gained) * 1000)}`;
  if (gained < -0.5) return styleText('red', `falls behind by ${units.count(Math.round(-gained))} records/s`);
  return 'stays as far behind as it is';
}

/** Those that are furthest behind first: there may be more than fit. */
async function partitionsOf(group: GroupDescription, o: { units: Units; rowsMax: number }): Promise<string> {
  const sorted = group.partitions.toSorted((a, b) => (b.lag ?? -1) - (a.lag ?? -1));
  const shown = sorted.slice(0, Math.max(1, o.rowsMax));
  const rows = shown.map(({ topic, topicId, partition, committedOffset, highWatermark, lag, lagExact, memberId }) => [
    `${topic || topicId}/${partition}`,
    String(committedOffset ?? '-'),
    String(highWatermark ?? '-'),
    lag === null ? '-' : o.units.bound(lag, lagExact),
    group.members.find((member) => member.memberId === memberId)?.clientId ?? memberId ?? '-',
  ]);
  const numbers = ['committed', 'end', 'lag'].map((title) => ({ title, align: 'right' as const }));
  const table = await formatTable([{ title: 'partition' }, ...numbers, { title: 'owner' }], rows, true);
  const more = sorted.length - shown.length;
  return more === 0 ? table : `${table}${o.units.count(more)} more, less behind\n`;
}

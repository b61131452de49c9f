import type { StatsResponse } from '@q/client';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import type { Screen } from '../screen.ts';
import { formatFacts, formatTable } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import type { Units } from '../output/units.ts';

export async function showStats(context: CommandContext, options: GlobalOptions): Promise<ExitCode> {
  const answer = await withClient(context, options, (q) => q.admin.stats());
  const terminal = isTerminal(context.stdout);
  if (options.json === true) {
    context.stdout.write(formatJson(answer, terminal));
    return ExitCode.ok;
  }
  const parts = [
    factsOf(answer, unitsOf(options), terminal),
    await requestsOf(answer, unitsOf(options), context.stdout),
  ];
  if (answer.errors.length > 0) parts.push(await errorsOf(answer, unitsOf(options), context.stdout));
  context.stdout.write(parts.join('\n'));
  return ExitCode.ok;
}

function factsOf(stats: StatsResponse, units: Units, terminal: boolean): string {
  const perSecond = (amount: number): number => Math.round(amount / Math.max(stats.uptimeMs / 1000, 1));
  const moved = (records: number, bytes: number): string =>
    `${units.count(records)} records, ${units.bytes(bytes)} (${units.count(perSecond(records))} records/s since the start)`;
  return formatFacts(
    [
      ['broker', `${stats.brokerId}, version ${stats.softwareVersion}`],
      ['up', units.duration(stats.uptimeMs)],
      ['durability', stats.durability],
      ['topics', units.count(stats.topics)],
      ['partitions', units.count(stats.partitions)],
      ['messages', units.bound(stats.messages, stats.messagesExact)],
      ['size', units.bytes(stats.bytes)],
      [
        'disk free',
        stats.diskFreeBytes < 0
          ? 'unknown'
          : `${units.bytes(stats.diskFreeBytes)} of ${units.bytes(stats.diskTotalBytes)}`,
      ],
      ['in', moved(stats.recordsIn, stats.bytesIn)],
      ['out', moved(stats.recordsOut, stats.bytesOut)],
      ['connections', units.count(stats.connections)],
      [
        'memory',
        `${units.bytes(stats.memoryRssBytes)} (heap ${units.bytes(stats.memoryHeapBytes)}, buffers ${units.bytes(stats.memoryBufferBytes)})`,
      ],
      ['cpu', `${units.duration(stats.cpuUserMs)} user, ${units.duration(stats.cpuSystemMs)} system`],
    ],
    terminal,
  );
}

/** Requests that the broker holds on purpose: a long time of theirs says that little happened, not that it is slow. */
const waits: ReadonlyMap<string, string> = new Map([
  ['FETCH', 'waiting for records'],
  ['GROUP_HEARTBEAT', 'waiting for news of the group'],
  ['kafka.Fetch', 'waiting for records'],
  ['kafka.JoinGroup', 'waiting for the other members'],
  ['kafka.SyncGroup', 'waiting for the assignment'],
]);

function requestsOf(stats: StatsResponse, units: Units, screen: Screen): Promise<string> {
  const columns = [
    { title: 'request' },
    ...['total', 'succeeded', 'failed', 'mean ms', 'max ms'].map((title) => ({ title, align: 'right' as const })),
  ];
  const rows = stats.apis
    .filter((api) => api.requests > 0)
    .map((api) => [
      api.api,
      units.count(api.requests),
      units.count(api.requests - api.failed),
      units.count(api.failed),
      (api.totalMicros / api.requests / 1000).toFixed(2),
      (api.maxMicros / 1000).toFixed(2),
      waits.get(api.api) ?? '',
    ]);
  return formatTable([...columns, { title: 'time includes' }], rows, screen);
}

function errorsOf(stats: StatsResponse, units: Units, screen: Screen): Promise<string> {
  return formatTable(
    [{ title: 'error' }, { title: 'count', align: 'right' }],
    stats.errors.map(({ error, count }) => [error, units.count(count)]),
    screen,
  );
}

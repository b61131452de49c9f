import type { StatsResponse } from '@q/client';
import { isTerminal } from '../command-context.ts';
import { formatFacts, formatTable } from '../output/table.ts';
import type { Column } from '../output/table.ts';
import type { Units } from '../output/units.ts';
import type { Screen } from '../screen.ts';

export interface StatsViewOptions {
  readonly units: Units;
  readonly screen: Screen;
}

type Part = (stats: StatsResponse, view: StatsViewOptions) => Promise<string>;

/** A broker in numbers, for people: what has nothing to tell is left out. */
export async function formatStats(stats: StatsResponse, view: StatsViewOptions): Promise<string> {
  const parts = [factsOf(stats, view)];
  for (const part of [requestsOf, errorsOf, topicsOf, groupsOf, clientsOf, failingOf, refusalsOf] satisfies Part[]) {
    const told = await part(stats, view);
    if (told !== '') parts.push(told);
  }
  return parts.join('\n');
}

function factsOf(stats: StatsResponse, { units, screen }: StatsViewOptions): string {
  const moved = (records: number, bytes: number): string => `${units.count(records)} records, ${units.bytes(bytes)}`;
  return formatFacts(
    [
      ['broker', `${stats.brokerId}, version ${stats.softwareVersion}`],
      ['up', units.duration(stats.uptimeMs)],
      ['durability', stats.durability],
      ['admin', stats.adminUrl ?? 'not from here'],
      ['topics', units.count(stats.topics)],
      [
        'partitions',
        `${units.count(stats.partitions)}${stats.segments < 0 ? '' : `, ${units.count(stats.segments)} segments`}`,
      ],
      ['messages', units.bound(stats.messages, stats.messagesExact)],
      ['size', units.bytes(stats.bytes)],
      ['disk free', diskText(stats, units)],
      ['in', `${moved(stats.recordsIn, stats.bytesIn)}${rateText(stats, 'In', units)}`],
      ['out', `${moved(stats.recordsOut, stats.bytesOut)}${rateText(stats, 'Out', units)}`],
      ['connections', units.count(stats.connections)],
      ['memory', memoryText(stats, units)],
      ['cpu', `${units.duration(stats.cpuUserMs)} user, ${units.duration(stats.cpuSystemMs)} system`],
      ...diskTimes(stats, units),
    ],
    isTerminal(screen),
  );
}

function diskText({ diskFreeBytes, diskTotalBytes }: StatsResponse, units: Units): string {
  if (diskFreeBytes < 0) return 'unknown';
  const share = diskTotalBytes > 0 ? ` (${Math.round((diskFreeBytes / diskTotalBytes) * 100)} %)` : '';
  return `${units.bytes(diskFreeBytes)} of ${units.bytes(diskTotalBytes)}${share}`;
}

/** Of the last minute; an older broker tells only what there was since its start. */
function rateText(stats: StatsResponse, way: 'In' | 'Out', units: Units): string {
  const [window] = stats.windows;
  const [overMs, records] =
    window === undefined ? [stats.uptimeMs, stats[`records${way}`]] : [window.elapsedMs, window[`records${way}`]];
  const perSecond = units.count(Math.round(records / Math.max(overMs / 1000, 1)));
  return ` (${perSecond} records/s ${window === undefined ? 'since the start' : 'in the last minute'})`;
}

function memoryText(stats: StatsResponse, units: Units): string {
  const external = stats.memoryExternalBytes < 0 ? '' : `, external ${units.bytes(stats.memoryExternalBytes)}`;
  return `${units.bytes(stats.memoryRssBytes)} (heap ${units.bytes(stats.memoryHeapBytes)}, buffers ${units.bytes(stats.memoryBufferBytes)}${external})`;
}

/** How long the disk and the event loop take. */
function diskTimes(stats: StatsResponse, units: Units): [string, string][] {
  const times = ({ p50, p99, max }: StatsResponse['syncMicros']): string =>
    `p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}`;
  const { syncMicros, roundMicros, roundRecords, loopDelayMicros } = stats;
  return [
    ...(syncMicros.count === 0 ? [] : [['fsync', times(syncMicros)] satisfies [string, string]]),
    ...(roundMicros.count === 0
      ? []
      : [
          [
            'commit round',
            `${times(roundMicros)}; ${units.count(roundRecords.p50)} records at p50, ${units.count(roundRecords.max)} at most`,
          ] satisfies [string, string],
        ]),
    ...(loopDelayMicros.count === 0 ? [] : [['loop delay', times(loopDelayMicros)] satisfies [string, string]]),
  ];
}

function ms(micros: number): string {
  return `${(micros / 1000).toFixed(micros < 100_000 ? 2 : 0)} ms`;
}

/** Requests that the broker holds on purpose: a long time of theirs says that little happened, not that it is slow. */
const waits: ReadonlyMap<string, string> = new Map([
  ['FETCH', 'waiting for records'],
  ['GROUP_HEARTBEAT', 'waiting for news of the group'],
  ['kafka.Fetch', 'waiting for records'],
  ['kafka.JoinGroup', 'waiting for the other members'],
  ['kafka.SyncGroup', 'waiting for the assignment'],
]);

function requestsOf(stats: StatsResponse, { units, screen }: StatsViewOptions): Promise<string> {
  const used = stats.apis.filter((api) => api.requests > 0);
  const tells = used.some(({ p50Micros }) => p50Micros >= 0);
  const times = tells ? ['p50 ms', 'p99 ms', 'p99.9 ms'] : ['mean ms'];
  const inMs = (micros: number): string => (micros < 0 ? '-' : (micros / 1000).toFixed(2));
  const rows = used.map((api) => [
    api.api,
    units.count(api.requests),
    units.count(api.requests - api.failed),
    units.count(api.failed),
    ...(tells
      ? [inMs(api.p50Micros), inMs(api.p99Micros), inMs(api.p999Micros)]
      : [(api.totalMicros / api.requests / 1000).toFixed(2)]),
    inMs(api.maxMicros),
    waits.get(api.api) ?? '',
  ]);
  const columns = [
    text('request'),
    ...numbers('total', 'succeeded', 'failed', ...times, 'max ms'),
    text('time includes'),
  ];
  return formatTable(columns, rows, screen);
}

function errorsOf({ errors }: StatsResponse, { units, screen }: StatsViewOptions): Promise<string> {
  const rows = errors.map(({ error, count }) => [error, units.count(count)]);
  return unlessEmpty([text('error'), ...numbers('count')], rows, screen);
}

function topicsOf({ topicTraffic, topicsLeftOut }: StatsResponse, view: StatsViewOptions): Promise<string> {
  const { units, screen } = view;
  const perSecond = (amount: number, elapsedMs: number): string =>
    units.count(Math.round(amount / Math.max(elapsedMs / 1000, 1)));
  const rows = topicTraffic
    .filter(({ recordsIn, recordsOut }) => recordsIn > 0 || recordsOut > 0)
    .map(({ topic, windows: [minute], ...all }) => [
      topic,
      units.count(all.recordsIn),
      minute === undefined ? '-' : perSecond(minute.recordsIn, minute.elapsedMs),
      units.count(all.recordsOut),
      minute === undefined ? '-' : perSecond(minute.recordsOut, minute.elapsedMs),
    ]);
  const more = topicsLeftOut === 0 ? [] : [[`${units.count(topicsLeftOut)} more`, '', '', '', '']];
  const columns = [text('topic'), ...numbers('records in', 'in/s', 'records out', 'out/s')];
  return unlessEmpty(columns, rows.length === 0 ? [] : [...rows, ...more], screen);
}

function groupsOf({ groupLags, groupLagsLeftOut }: StatsResponse, view: StatsViewOptions): Promise<string> {
  const { units, screen } = view;
  const rows = groupLags.map(({ groupId, topic, lagRecords, lagMs }) => [
    groupId,
    topic,
    lagRecords < 0 ? '-' : units.count(lagRecords),
    lagMs < 0 ? '-' : units.duration(lagMs),
  ]);
  const more = groupLagsLeftOut === 0 ? [] : [[`${units.count(groupLagsLeftOut)} more`, '', '', '']];
  return unlessEmpty([text('group'), text('topic'), ...numbers('lag', 'behind for')], [...rows, ...more], screen);
}

function clientsOf({ clients }: StatsResponse, { units, screen }: StatsViewOptions): Promise<string> {
  const rows = clients.map(({ door, software, softwareVersion, connections }) => [
    software || 'not told',
    softwareVersion || '-',
    door,
    units.count(connections),
  ]);
  return unlessEmpty([text('client'), text('version'), text('protocol'), ...numbers('connections')], rows, screen);
}

/** Who sends bad requests. */
function failingOf({ failingClients }: StatsResponse, { units, screen }: StatsViewOptions): Promise<string> {
  const rows = failingClients.map(({ clientId, address, door, errors, lastError, sinceLastMs }) => [
    clientId || 'not told',
    address,
    door,
    units.count(errors),
    lastError,
    units.duration(sinceLastMs),
  ]);
  const columns = [
    text('client with errors'),
    text('address'),
    text('protocol'),
    ...numbers('errors'),
    text('last error'),
  ];
  return unlessEmpty([...columns, ...numbers('ago')], rows, screen);
}

function refusalsOf({ refusals }: StatsResponse, { units, screen }: StatsViewOptions): Promise<string> {
  const rows = refusals.map(({ reason, count }) => [reason, units.count(count)]);
  return unlessEmpty([text('connections refused for'), ...numbers('count')], rows, screen);
}

async function unlessEmpty(columns: readonly Column[], rows: readonly string[][], screen: Screen): Promise<string> {
  return rows.length === 0 ? '' : formatTable(columns, rows, screen);
}

function text(title: string): Column {
  return { title };
}

function numbers(...titles: readonly string[]): Column[] {
  return titles.map((title) => ({ title, align: 'right' }));
}

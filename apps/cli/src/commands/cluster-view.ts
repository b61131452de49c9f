import { styleText } from 'node:util';
import { counted } from '../output/counted.ts';
import { formatFacts } from '../output/table.ts';
import { wrapText } from '../output/wrapped-text.ts';
import type { Units } from '../output/units.ts';

/** As `GET /api/v1/health` answers, as far as it is shown here. */
export interface ClusterHealth {
  readonly status: 'healthy' | 'degraded' | 'critical';
  readonly phase: string;
  readonly version: string;
  readonly clusterId: string;
  readonly brokerId: number;
  readonly uptimeMs: number;
  /** By the clock of the broker, as all moments here. */
  readonly nowMs: number;
  readonly writes: { readonly taken: boolean; readonly reason: string | null };
  readonly alerts: readonly ClusterAlert[];
  readonly omitted: number;
  readonly groups: readonly GroupBehind[];
  readonly groupsBehind: number;
  readonly disk: { readonly path: string; readonly freeBytes: number; readonly totalBytes: number } | null;
  readonly topics: readonly { readonly topic: string; readonly bytes: number }[];
  readonly clients: readonly BadClient[];
}

export interface ClusterAlert {
  readonly name: string;
  readonly subject: string;
  readonly severity: 'warning' | 'critical';
  readonly sinceMs: number;
  readonly reason: string;
  readonly action: string;
}

export interface GroupBehind {
  readonly group: string;
  readonly topic: string;
  readonly members: number;
  readonly lag: number;
  readonly behindSinceMs: number | null;
  readonly trend: string;
}

export interface BadClient {
  readonly clientId: string;
  readonly address: string;
  readonly errors: number;
  readonly lastError: string;
  readonly sinceLastMs: number;
}

/** A setting that somebody has given. */
export interface GivenSetting {
  readonly name: string;
  readonly value: string;
  /** Where, for people. */
  readonly from: string;
}

export interface ClusterViewOptions {
  readonly units: Units;
  readonly terminal: boolean;
  /** Of the terminal; more than any line has where there is none. */
  readonly columns: number;
}

/** As many as fit a screen. */
const settingsMax = 6;

/** What is wrong, and what to do: one paragraph for each. */
export function formatHealth(health: ClusterHealth, view: ClusterViewOptions): string {
  const { alerts, omitted } = health;
  const lines = [statusOf(health, view)];
  for (const alert of alerts) lines.push('', ...alertLines(alert, health.nowMs, view));
  if (omitted > 0) lines.push('', `and ${view.units.count(omitted)} more`);
  return `${lines.join('\n')}\n`;
}

/** One screen: is it well, who is behind, what fills the disk, who sends bad requests. */
export function formatInfo(health: ClusterHealth, given: readonly GivenSetting[], view: ClusterViewOptions): string {
  const { units } = view;
  const facts: [string, string][] = [
    ['status', statusOf(health, view)],
    ['broker', `${health.brokerId} of cluster ${health.clusterId}, q ${health.version}`],
    ['up', units.duration(health.uptimeMs)],
    ['writes', health.writes.taken ? 'taken' : `refused: ${health.writes.reason ?? ''}`],
    ['disk', diskOf(health, units)],
    ...list('largest', health.topics, ({ topic, bytes }) => `${topic}  ${units.bytes(bytes)}`),
    ...list('behind', health.groups, (group) => behindOf(group, health.nowMs, units)),
  ];
  const rest = health.groupsBehind - health.groups.length;
  if (rest > 0) facts.push(['', `and ${units.count(rest)} more`]);
  facts.push(...list('errors to', health.clients, (client) => badOf(client, units)));
  facts.push(
    ...list('settings', given.slice(0, settingsMax), ({ name, value, from }) => `${name}=${value}  (${from})`),
  );
  if (given.length > settingsMax)
    facts.push(['', `and ${units.count(given.length - settingsMax)} more: q config list`]);
  return formatFacts(fitted(facts, view), view.terminal);
}

/** Longer values go on in the next line, under their beginning. */
function fitted(facts: readonly [string, string][], { terminal, columns }: ClusterViewOptions): [string, string][] {
  if (!terminal) return [...facts];
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  return facts.flatMap(([name, value]) =>
    wrapText(value, columns - width).map((line, index): [string, string] => [index === 0 ? name : '', line]),
  );
}

function statusOf({ status, phase, alerts }: ClusterHealth, { terminal, units }: ClusterViewOptions): string {
  const color = status === 'healthy' ? 'green' : status === 'degraded' ? 'yellow' : 'red';
  const word = terminal ? styleText(color, status) : status;
  const count =
    alerts.length === 0 ? '' : `: ${units.count(alerts.length)} ${alerts.length === 1 ? 'alert' : 'alerts'}`;
  return `${word}${count}${phase === 'ready' ? '' : ` (${phase})`}`;
}

function alertLines(alert: ClusterAlert, nowMs: number, { units, terminal, columns }: ClusterViewOptions): string[] {
  const { name, subject, severity, sinceMs, reason, action } = alert;
  const color = severity === 'critical' ? 'red' : 'yellow';
  const head = [
    terminal ? styleText(color, severity) : severity,
    name,
    ...(subject === '' ? [] : [subject]),
    `for ${units.duration(Math.max(0, nowMs - sinceMs))}`,
  ].join('  ');
  const text = (sentence: string): string[] =>
    (terminal ? wrapText(sentence, columns - indent.length) : [sentence]).map((line) => `${indent}${line}`);
  return [head, ...text(reason), ...text(action)];
}

const indent = '  ';

function diskOf({ disk }: ClusterHealth, units: Units): string {
  if (disk === null) return 'none: the records are in memory';
  return `${units.bytes(disk.freeBytes)} free of ${units.bytes(disk.totalBytes)} (${disk.path})`;
}

function behindOf(
  { group, topic, members, lag, behindSinceMs, trend }: GroupBehind,
  nowMs: number,
  units: Units,
): string {
  const since = behindSinceMs === null ? '' : ` for ${units.duration(Math.max(0, nowMs - behindSinceMs))}`;
  const nobody = members === 0 ? ', no member' : '';
  const course = trend === 'unknown' ? '' : `, ${trend.replaceAll('-', ' ')}`;
  return `${group} in ${topic}  ${counted(units.count(lag), 'record')}${since}${course}${nobody}`;
}

function badOf({ clientId, address, errors, lastError, sinceLastMs }: BadClient, units: Units): string {
  const name = clientId === '' ? 'unnamed' : clientId;
  return `${name} of ${address}  ${units.count(errors)}, ${lastError} ${units.duration(sinceLastMs)} ago`;
}

/** A name before the first of several lines; `none` where there are none. */
function list<T>(name: string, all: readonly T[], lineOf: (each: T) => string): [string, string][] {
  if (all.length === 0) return [[name, 'none']];
  return all.map((each, index) => [index === 0 ? name : '', lineOf(each)]);
}

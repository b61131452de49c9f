import type { DescribeTopicResponse } from '@q/client';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { counted } from '../output/counted.ts';
import { formatJson } from '../output/json.ts';
import type { Screen } from '../screen.ts';
import { formatFacts, formatTable } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import type { Units } from '../output/units.ts';
import { findUsers } from './topic-users.ts';
import type { HeldBack, TopicUsers } from './topic-users.ts';
import { settingViews } from './settings-view.ts';

export async function describeTopic(context: CommandContext, name: string, options: GlobalOptions): Promise<ExitCode> {
  const topic = await withClient(context, options, (q) => q.admin.describeTopic(name));
  const users = await findUsers(context, name, options);
  const terminal = isTerminal(context.stdout);
  if (options.json === true) {
    const { configs, ...rest } = topic;
    context.stdout.write(
      formatJson(
        { ...rest, settings: settingViews(configs), users: typeof users === 'string' ? null : users },
        terminal,
      ),
    );
    return ExitCode.ok;
  }
  const parts = [
    factsOf(topic, { users, units: unitsOf(options), terminal }),
    await settingsOf(topic, context.stdout),
    await partitionsOf(topic, unitsOf(options), context.stdout),
  ];
  if (typeof users !== 'string' && users.groups.length > 0)
    parts.push(await groupsOf(users, unitsOf(options), context.stdout));
  const { heldBack = [] } = typeof users === 'string' ? {} : users;
  if (heldBack.length > 0) parts.push(await heldPartitions(heldBack, unitsOf(options), context.stdout));
  context.stdout.write(parts.join('\n'));
  return ExitCode.ok;
}

function factsOf(
  topic: DescribeTopicResponse,
  { users, units, terminal }: { users: TopicUsers | string; units: Units; terminal: boolean },
): string {
  return formatFacts(
    [
      ['topic', topic.name],
      ['id', topic.topicId],
      ['partitions', units.count(topic.partitions.length)],
      ['replicas', units.count(topic.replicas)],
      ['messages', units.bound(topic.messages, topic.messagesExact)],
      ['size', units.bytes(topic.bytes)],
      ['groups', groupsText(users, units)],
      ['producers', producersText(users, units)],
      ['held back', heldText(users, units)],
    ],
    terminal,
  );
}

function groupsText(users: TopicUsers | string, units: Units): string {
  if (typeof users === 'string') return `unknown: ${users}`;
  const more =
    users.groupsLeftOut === 0 ? '' : `; ${units.count(users.groupsLeftOut)} of the broker were not looked at`;
  return `${units.count(users.groups.length)}${more}`;
}

/** Idempotent producers are remembered for a while; others leave no trace. */
function producersText(users: TopicUsers | string, units: Units): string {
  if (typeof users === 'string') return 'unknown';
  const { producers, producersLeftOut } = users;
  const [latest] = producers;
  if (latest === undefined) return 'none seen';
  const seen = `${units.count(producers.length + producersLeftOut)} seen`;
  return latest.lastTimestampMs < 0
    ? seen
    : `${seen}, the last record is of ${new Date(latest.lastTimestampMs).toISOString()}`;
}

/** Readers of committed records wait there. */
function heldText(users: TopicUsers | string, units: Units): string {
  if (typeof users === 'string' || users.heldBack === undefined) return 'unknown';
  const [longest] = users.heldBack;
  if (longest === undefined) return 'none';
  const count = users.heldBack.length + (users.heldBackLeftOut ?? 0);
  const { sinceMs, producerId, transactionalId } = longest;
  const who = transactionalId === null ? `producer ${producerId}` : `transaction ${transactionalId}`;
  const since = sinceMs === null ? '' : ` since ${new Date(sinceMs).toISOString()}`;
  return `${counted(units.count(count), 'partition')}, by ${who}${since}`;
}

function heldPartitions(heldBack: readonly HeldBack[], units: Units, screen: Screen): Promise<string> {
  const numbers = ['held back', 'from', 'end', 'producer'].map((title) => ({ title, align: 'right' as const }));
  const rows = heldBack.map((held) => [
    String(held.partition),
    String(held.lastStableOffset),
    String(held.highWatermark),
    String(held.producerId),
    held.transactionalId ?? '-',
    held.state ?? '-',
    held.forMs === null ? '-' : units.duration(held.forMs),
  ]);
  const more = ['transaction', 'state', 'open for'].map((title) => ({ title }));
  return formatTable([...numbers, ...more], rows, screen);
}

function groupsOf({ groups }: TopicUsers, units: Units, screen: Screen): Promise<string> {
  const numbers = ['members', 'stalled', 'lag', 'progress ago'].map((title) => ({ title, align: 'right' as const }));
  const rows = groups.map(({ groupId, state, members, lag, lagExact, sinceProgressMs }) => [
    groupId,
    state,
    units.count(members.length),
    units.count(members.filter(({ stalled }) => stalled).length),
    lag < 0 ? '-' : units.bound(lag, lagExact),
    sinceProgressMs < 0 ? '-' : units.duration(sinceProgressMs),
    [...new Set(members.map(({ clientId, host }) => clientId || host))].join(' ') || '-',
  ]);
  return formatTable([{ title: 'group' }, { title: 'state' }, ...numbers, { title: 'clients' }], rows, screen);
}

function settingsOf(topic: DescribeTopicResponse, screen: Screen): Promise<string> {
  const rows = settingViews(topic.configs).map(({ name, value, source }) => [name, value, source]);
  return formatTable([{ title: 'setting' }, { title: 'value' }, { title: 'source' }], rows, screen);
}

function partitionsOf(topic: DescribeTopicResponse, units: Units, screen: Screen): Promise<string> {
  const columns = ['partition', 'leader', 'epoch', 'start', 'end', 'messages', 'segments', 'size'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  // Offsets are names of places and not quantities: they are never grouped, so that they can be copied into `-o`.
  const rows = topic.partitions.map((partition) => [
    String(partition.partition),
    partition.leaderId < 0 ? 'none' : String(partition.leaderId),
    String(partition.leaderEpoch),
    String(partition.logStartOffset),
    String(partition.highWatermark),
    messagesOf(partition, units),
    units.count(partition.segments),
    units.bytes(partition.bytes),
  ]);
  return formatTable(columns, rows, screen);
}

/** An older broker tells the offsets only, and compaction may have left fewer records. */
function messagesOf(
  { messages, messagesExact, highWatermark, logStartOffset }: DescribeTopicResponse['partitions'][number],
  units: Units,
): string {
  return messages < 0 ? units.bound(highWatermark - logStartOffset, false) : units.bound(messages, messagesExact);
}

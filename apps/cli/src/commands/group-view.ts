import { styleText } from 'node:util';
import type { AssignedTopic, DescribedMember, GroupDescription, GroupPartition } from '@q/client';
import { isTerminal } from '../command-context.ts';
import { formatPartitions } from '../output/partition-ranges.ts';
import type { Screen } from '../screen.ts';
import { formatFacts, formatTable } from '../output/table.ts';
import type { Units } from '../output/units.ts';
import type { GroupDelay } from './group-delay.ts';
import { heldLines } from './held-records.ts';
import type { HeldPartition } from './held-records.ts';

export interface GroupViewOptions {
  readonly units: Units;
  readonly screen: Screen;
  /** Null: nobody knows for how long it is behind. */
  readonly delay: GroupDelay | null;
  /** Of its partitions. */
  readonly held: readonly HeldPartition[];
}

/** Stands where there is no value, so that a line has the same cells whatever is known. */
const nothing = '-';
const shortIdLength = 8;

/** A group for people: what it is, who is in it, and how far it is. */
export async function formatGroup(group: GroupDescription, view: GroupViewOptions): Promise<string> {
  const parts = [factsOf(group, view)];
  if (group.members.length > 0) parts.push(await membersOf(group.members, view));
  if (group.partitions.length > 0) parts.push(await partitionsOf(group, view));
  if (view.held.length > 0) parts.push(heldLines(view.held));
  return parts.join('\n');
}

function factsOf(group: GroupDescription, { units, screen, delay }: GroupViewOptions): string {
  const stalled = group.members.filter((member) => member.stalled).length;
  const committed = group.partitions.filter(({ committedOffset }) => committedOffset !== null).length;
  const epoch =
    group.targetEpoch === group.groupEpoch
      ? String(group.groupEpoch)
      : `${group.groupEpoch} (assigned for ${group.targetEpoch})`;
  return formatFacts(
    [
      ['group', group.groupId],
      ['state', group.state],
      ['assignor', group.assignor],
      ['epoch', epoch],
      [
        'members',
        stalled === 0
          ? units.count(group.members.length)
          : `${units.count(group.members.length)}, ${warning(`${units.count(stalled)} stalled`, screen)}`,
      ],
      ['partitions', `${units.count(group.partitions.length)}, ${units.count(committed)} with an offset`],
      ['lag', group.lag === null ? 'unknown: nothing is committed' : units.bound(group.lag, group.lagExact)],
      ...(delay === null ? [] : [['behind for', delayText(delay, units)] satisfies [string, string]]),
    ],
    isTerminal(screen),
  );
}

export function delayText({ lagMs, behindSinceMs }: GroupDelay, units: Units): string {
  if (lagMs === null) return 'unknown';
  if (behindSinceMs === null) return 'nothing waits';
  return `${units.duration(lagMs)}, since ${new Date(behindSinceMs).toISOString()}`;
}

function membersOf(
  members: readonly DescribedMember[],
  { units, screen }: Pick<GroupViewOptions, 'units' | 'screen'>,
): Promise<string> {
  // What they will own is of interest only while it is not what they own.
  const moving = members.some(({ state }) => state !== 'stable');
  const titles = [
    'member',
    'instance',
    'client',
    'host',
    'state',
    'epoch',
    'owns',
    ...(moving ? ['will own'] : []),
    'heartbeat ago',
    'stalled',
  ];
  const toTheRight = new Set(['epoch', 'heartbeat ago']);
  const rows = members.map((member) => [
    member.memberId,
    member.instanceId ?? nothing,
    member.clientId || nothing,
    member.host || nothing,
    member.state,
    String(member.memberEpoch),
    assignmentOf(member.assigned),
    ...(moving ? [assignmentOf(member.target)] : []),
    units.duration(member.sinceHeartbeatMs),
    stallOf(member, { units, screen }),
  ]);
  return formatTable(
    titles.map((title) => ({ title, align: toTheRight.has(title) ? 'right' : 'left' })),
    rows,
    screen,
  );
}

function assignmentOf(topics: readonly AssignedTopic[]): string {
  return (
    topics.map(({ name, topicId, partitions }) => `${name || topicId}:${formatPartitions(partitions)}`).join(' ')
    || nothing
  );
}

/** A member stalls by what it says of its application, or by saying nothing for too long. */
function stallOf(member: DescribedMember, { units, screen }: Pick<GroupViewOptions, 'units' | 'screen'>): string {
  if (!member.stalled) return 'no';
  return warning(member.stalledMs > 0 ? `for ${units.duration(member.stalledMs)}` : 'heartbeat overdue', screen);
}

function partitionsOf(
  { partitions, members }: GroupDescription,
  { units, screen }: Pick<GroupViewOptions, 'units' | 'screen'>,
): Promise<string> {
  const numbers = ['partition', 'committed', 'end', 'lag', 'progress ago'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  // Offsets are names of places and not quantities: they are never grouped, so that they can be copied into `-o`.
  const rows = partitions.map((partition) => [
    partition.topic || partition.topicId,
    String(partition.partition),
    String(partition.committedOffset ?? nothing),
    String(partition.highWatermark ?? nothing),
    partition.lag === null ? nothing : units.bound(partition.lag, partition.lagExact),
    partition.sinceProgressMs === null ? nothing : units.duration(partition.sinceProgressMs),
    ownerOf(partition, members, screen),
  ]);
  return formatTable([{ title: 'topic' }, ...numbers, { title: 'owner' }], rows, screen);
}

/** On a terminal as much of the id as tells the members apart: all of it stands above, and would fill half the line. */
function ownerOf({ memberId }: GroupPartition, members: readonly DescribedMember[], screen: Screen): string {
  if (memberId === null) return nothing;
  if (!isTerminal(screen)) return memberId;
  let length = shortIdLength;
  const isShared = (short: string): boolean => members.filter((each) => each.memberId.startsWith(short)).length > 1;
  while (length < memberId.length && isShared(memberId.slice(0, length))) length += 1;
  return memberId.slice(0, length);
}

function warning(text: string, screen: Screen): string {
  return isTerminal(screen) ? styleText('red', text) : text;
}

/**
 * Which records a change of a classic group takes.
 *
 * Nothing is stored while members gather: nobody is told anything then, and a broker that starts again finds the
 * generation before, whose members join again as they would have.
 */
import type { GroupRecord } from './group-record.ts';
import type { ClassicFacts, ClassicGroup, StoredClassic } from './classic-group.ts';
import { noClassicMembers } from './classic-member.ts';
import type { ClassicMember, DurableClassicMember } from './classic-member.ts';
import type { ClassicContext } from './classic-step.ts';

/** What has to be durable before anybody hears of the group as it is now, and what the log holds then. */
export function classicChanges(
  group: ClassicGroup,
  now: Pick<ClassicContext, 'nowMs' | 'wallMs'>,
): { stored: StoredClassic | null; records: GroupRecord[] } {
  const { groupId, stored } = group;
  if (group.state === 'PreparingRebalance' || (stored === null && group.state === 'Empty'))
    return { stored, records: [] };
  const records: GroupRecord[] = [];
  const next = storedForm(group);
  if (stored === null || !haveSameFacts(stored, next)) records.push(stateRecord(groupId, next, now));
  const before = stored?.members ?? noClassicMembers;
  for (const memberId of group.members.goneSince(before))
    records.push({ kind: 'classic-member-gone', groupId, memberId });
  for (const member of group.members.changedSince(before)) {
    const known = before.get(member.memberId);
    if (known === undefined || differs(known, member))
      records.push({ kind: 'classic-member', groupId, member: durableClassic(member) });
  }
  return { stored: next, records };
}

/** Everything durable of a group, its offsets excepted. */
export function classicRecordsOf(group: ClassicGroup, now: Pick<ClassicContext, 'nowMs' | 'wallMs'>): GroupRecord[] {
  const { groupId, members } = group;
  const records = [...members.values()].map(
    (member) => ({ kind: 'classic-member', groupId, member: durableClassic(member) }) as const,
  );
  return [stateRecord(groupId, storedForm(group), now), ...records];
}

/** What takes all members out of the log that it may still have. */
export function classicMembersGone({ groupId, stored }: ClassicGroup): GroupRecord[] {
  return [...(stored?.members.keys() ?? [])].map((memberId) => ({ kind: 'classic-member-gone', groupId, memberId }));
}

export function storedForm({
  state,
  generation,
  protocolType,
  protocolName,
  leaderId,
  emptySinceMs,
  members,
}: ClassicGroup): StoredClassic {
  return { isAssigned: state === 'Stable', generation, protocolType, protocolName, leaderId, emptySinceMs, members };
}

/** The wall clock is asked only now: while the broker runs it may jump as it likes. */
function stateRecord(
  groupId: string,
  { generation, protocolType, protocolName, leaderId, emptySinceMs, isAssigned }: StoredClassic,
  { nowMs, wallMs }: Pick<ClassicContext, 'nowMs' | 'wallMs'>,
): GroupRecord {
  const emptySinceWallMs = emptySinceMs === null ? null : Math.max(0, Math.round(wallMs - (nowMs - emptySinceMs)));
  const facts = { generation, protocolType, protocolName, leaderId, isAssigned };
  return { kind: 'group', groupId, assigns: 'client', ...facts, emptySinceWallMs };
}

function haveSameFacts(left: StoredClassic, right: StoredClassic): boolean {
  const names: readonly (keyof ClassicFacts | 'isAssigned')[] = [
    'generation',
    'protocolType',
    'protocolName',
    'leaderId',
    'emptySinceMs',
    'isAssigned',
  ];
  return names.every((name) => left[name] === right[name]);
}

function durableClassic(member: ClassicMember): DurableClassicMember {
  const { lastHeartbeatMs: _last, waits: _waits, isNew: _new, knowsId: _knows, hasSynced: _synced, ...rest } = member;
  return rest;
}

/** What is the same is the same object, so comparing objects is enough; at worst a record too many is written. */
function differs(left: ClassicMember, right: ClassicMember): boolean {
  return (Object.keys(right) as (keyof ClassicMember)[]).some(
    (name) => !momentary.has(name) && left[name] !== right[name],
  );
}

const momentary: ReadonlySet<keyof ClassicMember> = new Set([
  'lastHeartbeatMs',
  'waits',
  'isNew',
  'knowsId',
  'hasSynced',
]);

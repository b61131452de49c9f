/**
 * Which records a change of a group takes, and which ones all of it does.
 */
import type { Group } from './group.ts';
import type { LoadedGroup } from './group-image.ts';
import type { GroupRecord, GroupStateRecord } from './group-record.ts';
import type { DurableMember, Member } from './member.ts';

interface Now {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** What has to be durable before anybody hears of `after`. */
export function changedRecords(before: Group, after: Group, now: Now): GroupRecord[] {
  const { groupId } = after;
  const records: GroupRecord[] = [];
  const isSame =
    before.groupEpoch === after.groupEpoch
    && before.targetEpoch === after.targetEpoch
    && before.emptySinceMs === after.emptySinceMs;
  if (!isSame) records.push(stateRecord(after, now));
  for (const memberId of after.members.goneSince(before.members))
    records.push({ kind: 'member-gone', groupId, memberId });
  for (const member of after.members.changedSince(before.members)) {
    const known = before.members.get(member.memberId);
    if (known === undefined || differs(known, member))
      records.push({ kind: 'member', groupId, member: durable(member) });
  }
  return records;
}

/** Everything durable of a group, its offsets excepted. */
export function recordsOf(group: Group, now: Now): GroupRecord[] {
  const { groupId } = group;
  const members = [...group.members.values()].map(
    (member) => ({ kind: 'member', groupId, member: durable(member) }) as const,
  );
  return [stateRecord(group, now), ...members];
}

/** Whatever there is of a group, gone: all of it, or compaction would let the rest come back. */
export function removalRecords({ groupId, group, classic, offsets, applied }: LoadedGroup): GroupRecord[] {
  const members = [...(group?.members.keys() ?? [])].map(
    (memberId) => ({ kind: 'member-gone', groupId, memberId }) as const,
  );
  const classicMembers = [...(classic?.members.keys() ?? [])].map(
    (memberId) => ({ kind: 'classic-member-gone', groupId, memberId }) as const,
  );
  const committed = [...offsets.entries()].map(
    ({ topicId, partition }) => ({ kind: 'offset-gone', groupId, topicId, partition }) as const,
  );
  const transactions = [...applied.keys()].map(
    (transactionalId) => ({ kind: 'applied-gone', groupId, transactionalId }) as const,
  );
  return [{ kind: 'group-gone', groupId }, ...members, ...classicMembers, ...committed, ...transactions];
}

/** The wall clock is asked only now: while the broker runs it may jump as it likes. */
function stateRecord(
  { groupId, groupEpoch, targetEpoch, emptySinceMs }: Group,
  { nowMs, wallMs }: Now,
): GroupStateRecord {
  const emptySinceWallMs = emptySinceMs === null ? null : Math.max(0, Math.round(wallMs - (nowMs - emptySinceMs)));
  return { kind: 'group', groupId, assigns: 'broker', groupEpoch, targetEpoch, emptySinceWallMs };
}

function durable(member: Member): DurableMember {
  const { lastHeartbeatMs: _heartbeat, revokeByMs: _revoke, stalledMs: _stalled, ...rest } = member;
  return rest;
}

/**
 * Sets and lists are shared when they are the same, so comparing objects is enough; at worst a record too many is
 * written.
 */
function differs(left: Member, right: Member): boolean {
  return (Object.keys(left) as (keyof Member)[]).some((name) => !isMomentary(name) && left[name] !== right[name]);
}

function isMomentary(name: keyof Member): boolean {
  return name === 'lastHeartbeatMs' || name === 'revokeByMs' || name === 'stalledMs';
}

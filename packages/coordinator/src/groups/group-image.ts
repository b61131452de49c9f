/**
 * Groups and their offsets as the records of `__groups` tell, when a broker starts.
 *
 * Invariant: of each key only the last record counts, so a log and what compaction leaves of it give the same image.
 */
import { CommittedOffsets } from './committed-offsets.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { DurableClassicMember } from './classic-member.ts';
import { reviveClassic } from './revive-classic.ts';
import type { ClassicStateRecord } from './classic-record.ts';
import type { CommittedOffsetEntry } from './committed-offsets.ts';
import type { Group } from './group.ts';
import type { ProducerIdentity } from '../producer-ids.ts';
import type { GroupRecord, GroupStateRecord } from './group-record.ts';
import type { DurableMember, Member } from './member.ts';
import { Members } from './members.ts';
import { samePartitions } from '../partitions.ts';

/** A group as its records tell of it. */
export interface LoadedGroup {
  readonly groupId: string;
  /** Null when there are only offsets: nobody has ever joined. */
  readonly group: Group | null;
  /** The same for a group of the other kind: at most one of the two is there. */
  readonly classic: ClassicGroup | null;
  readonly offsets: CommittedOffsets;
  /** The last transaction of each transactional id that has committed offsets of it. */
  readonly applied: Map<string, ProducerIdentity>;
}

interface Entry {
  state: GroupStateRecord | ClassicStateRecord | null;
  readonly members: Map<string, DurableMember>;
  readonly classicMembers: Map<string, DurableClassicMember>;
  readonly offsets: Map<string, CommittedOffsetEntry>;
  readonly applied: Map<string, ProducerIdentity>;
}

interface Now {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** Builds groups from their records when a broker starts. */
export class GroupImage {
  readonly #entries = new Map<string, Entry>();

  /** In the order of the log. */
  apply(record: GroupRecord): void {
    const entry = this.#entry(record.groupId);
    switch (record.kind) {
      case 'group':
        entry.state = record;
        break;
      case 'member':
        entry.members.set(record.member.memberId, record.member);
        break;
      case 'classic-member':
        entry.classicMembers.set(record.member.memberId, record.member);
        break;
      case 'offset':
        entry.offsets.set(`${record.topicId}/${record.partition}`, record);
        break;
      case 'applied':
        entry.applied.set(record.transactionalId, record.producer);
        break;
      case 'applied-gone':
        entry.applied.delete(record.transactionalId);
        break;
      case 'group-gone':
        entry.state = null;
        break;
      case 'member-gone':
        entry.members.delete(record.memberId);
        break;
      case 'classic-member-gone':
        entry.classicMembers.delete(record.memberId);
        break;
      case 'offset-gone':
        entry.offsets.delete(`${record.topicId}/${record.partition}`);
        break;
    }
    if (isNothing(entry)) this.#entries.delete(record.groupId);
  }

  /**
   * Every session begins anew, at `nowMs`. Topics may have changed meanwhile: step each group with `topics-changed`.
   */
  *groups(now: Now): Generator<LoadedGroup> {
    for (const [groupId, entry] of this.#entries) {
      const { applied } = entry;
      const offsets = offsetsOf(entry, now);
      yield { groupId, group: groupOf(entry, now), classic: classicOf(entry, now), offsets, applied };
    }
  }

  #entry(groupId: string): Entry {
    let entry = this.#entries.get(groupId);
    if (entry === undefined) {
      entry = { state: null, members: new Map(), classicMembers: new Map(), offsets: new Map(), applied: new Map() };
      this.#entries.set(groupId, entry);
    }
    return entry;
  }
}

function isNothing({ state, members, classicMembers, offsets, applied }: Entry): boolean {
  return [members, classicMembers, offsets, applied].every(({ size }) => size === 0) && state === null;
}

function classicOf({ state, classicMembers }: Entry, now: Now): ClassicGroup | null {
  if (state?.assigns !== 'client') return null;
  const { emptySinceWallMs } = state;
  const emptySinceMs = classicMembers.size > 0 ? null : momentOf(emptySinceWallMs ?? now.wallMs, now);
  return reviveClassic(state, { members: classicMembers.values(), emptySinceMs, nowMs: now.nowMs });
}

/** Members without their group are those of a kind of group that a newer broker wrote: they are left alone. */
function groupOf({ state, members }: Entry, now: Now): Group | null {
  if (state?.assigns !== 'broker') return null;
  const { groupId, groupEpoch, targetEpoch, emptySinceWallMs } = state;
  const emptySinceMs = members.size > 0 ? null : momentOf(emptySinceWallMs ?? now.wallMs, now);
  const revived = [...members.values()].map((member) => revive(member, now));
  return { groupId, groupEpoch, targetEpoch, members: Members.of(revived), emptySinceMs };
}

function revive(member: DurableMember, { nowMs }: Now): Member {
  const revokeByMs = member.revoking.size === 0 ? null : nowMs + member.rebalanceTimeoutMs;
  // A stable member shares its target, as it did before.
  const target = samePartitions(member.assigned, member.target) ? member.assigned : member.target;
  return { ...member, target, lastHeartbeatMs: nowMs, revokeByMs, stalledMs: 0 };
}

function offsetsOf({ offsets }: Entry, now: Now): CommittedOffsets {
  const loaded = new CommittedOffsets();
  for (const { topicId, partition, committed } of offsets.values()) {
    loaded.put(topicId, partition, committed, momentOf(committed.committedAtMs, now));
  }
  return loaded;
}

/**
 * A moment of the wall clock on the clock that never goes back. One in the future counts as now: the wall clock went
 * back.
 */
function momentOf(pastWallMs: number, { nowMs, wallMs }: Now): number {
  return nowMs - Math.max(0, wallMs - pastWallMs);
}

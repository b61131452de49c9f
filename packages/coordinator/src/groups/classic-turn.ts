/**
 * One step of a classic group while it is being taken: the group as it is so far, and what is to be told.
 */
import type { ClassicGroup } from './classic-group.ts';
import { classicMemberBytes, metadataFor, seatBytes } from './classic-member.ts';
import type { ClassicMember } from './classic-member.ts';
import type {
  ClassicAnswer,
  ClassicContext,
  ClassicEviction,
  ClassicJoined,
  ClassicMemberName,
  ClassicRefusal,
  ClassicRefused,
  ClassicResult,
} from './classic-step.ts';

export class ClassicTurn {
  readonly context: ClassicContext;
  readonly answers: ClassicAnswer[] = [];
  readonly evicted: ClassicEviction[] = [];
  #group: ClassicGroup;

  constructor(group: ClassicGroup, context: ClassicContext) {
    this.#group = group;
    this.context = context;
  }

  get group(): ClassicGroup {
    return this.#group;
  }

  change(changes: Partial<ClassicGroup>): void {
    this.#group = { ...this.#group, ...changes };
  }

  put(member: ClassicMember): void {
    const { members, bytes } = this.#group;
    const before = members.get(member.memberId);
    const grown = classicMemberBytes(member) - (before === undefined ? 0 : classicMemberBytes(before));
    this.change({ members: members.with(member), bytes: bytes + grown, emptySinceMs: null });
  }

  /** Ids that have been given out. */
  await(pending: ReadonlyMap<string, number>): void {
    const { bytes, pending: before } = this.#group;
    this.change({ pending, bytes: bytes + (pending.size - before.size) * seatBytes });
  }

  /** A sign of life. */
  touch(member: ClassicMember): void {
    const { members } = this.#group;
    this.change({ members: members.with({ ...member, lastHeartbeatMs: this.context.nowMs }) });
  }

  /** Takes members out. Whatever of theirs waits is told that they are unknown, or this. */
  remove(gone: readonly ClassicMember[], fault: ClassicRefusal = 'UNKNOWN_MEMBER_ID'): void {
    if (gone.length === 0) return;
    for (const { memberId, waits } of gone) if (waits !== null) this.refuseWaiting(memberId, fault);
    const members = this.#group.members.without(new Set(gone.map(({ memberId }) => memberId)));
    const { leaderId, bytes } = this.#group;
    const [next = null] = members.keys();
    this.change({
      members,
      leaderId: leaderId !== null && members.has(leaderId) ? leaderId : next,
      bytes: gone.reduce((rest, member) => rest - classicMemberBytes(member), bytes),
      emptySinceMs: members.size === 0 ? this.context.nowMs : null,
    });
  }

  evict(gone: readonly ClassicMember[], reason: ClassicEviction['reason']): void {
    for (const { memberId } of gone) this.evicted.push({ memberId, reason });
    this.remove(gone);
  }

  answer(memberId: string, outcome: ClassicAnswer['outcome']): void {
    this.answers.push({ memberId, outcome });
  }

  refuseWaiting(memberId: string, fault: ClassicRefusal): void {
    this.answer(memberId, { kind: 'refused', fault });
  }
}

export function refused(fault: ClassicRefusal): ClassicRefused {
  return { kind: 'refused', fault };
}

export const done: ClassicResult = { kind: 'done' };

/** Why this is not who it says; null when it is. */
export function nameFault(
  { members }: ClassicGroup,
  { memberId, instanceId }: ClassicMemberName,
): ClassicRefusal | null {
  const member = members.get(memberId);
  if (instanceId === null) return member === undefined ? 'UNKNOWN_MEMBER_ID' : null;
  if (member?.instanceId === instanceId) return null;
  return holderOf({ members }, instanceId) === null ? 'UNKNOWN_MEMBER_ID' : 'FENCED_INSTANCE_ID';
}

/** The member of this static name. */
export function holderOf({ members }: Pick<ClassicGroup, 'members'>, instanceId: string): ClassicMember | null {
  for (const member of members.values()) if (member.instanceId === instanceId) return member;
  return null;
}

/** The generation as a member is told of it: the leader hears what all say of themselves. */
export function joinedAs(group: ClassicGroup, memberId: string): ClassicJoined {
  const { generation, protocolType, protocolName, leaderId, members } = group;
  const isLeader = memberId === leaderId;
  return {
    kind: 'joined',
    memberId,
    generation,
    protocolType,
    protocolName: protocolName ?? '',
    leaderId: leaderId ?? '',
    skipsAssignment: false,
    members: isLeader
      ? [...members.values()].map((member) => ({
          memberId: member.memberId,
          instanceId: member.instanceId,
          metadata: metadataFor(member, protocolName),
        }))
      : [],
  };
}

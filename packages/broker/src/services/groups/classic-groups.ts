/**
 * Classic groups, as clients of Kafka know them: members that divide the partitions among themselves, by the words that
 * each of them says to the others (row B1). What is here knows no wire; its errors are named as Kafka names them.
 */
import type { Caller } from '../../caller.ts';
import type { GroupDirectory } from './group-directory.ts';

/** Why a request about a classic group is refused. */
export type ClassicFault =
  | 'COORDINATOR_NOT_AVAILABLE'
  | 'FENCED_INSTANCE_ID'
  | 'GROUP_MAX_SIZE_REACHED'
  | 'ILLEGAL_GENERATION'
  | 'INCONSISTENT_GROUP_PROTOCOL'
  | 'INVALID_GROUP_ID'
  | 'INVALID_SESSION_TIMEOUT'
  | 'MEMBER_ID_REQUIRED'
  | 'REBALANCE_IN_PROGRESS'
  | 'UNKNOWN_MEMBER_ID';

/** As Kafka tells where a group stands. Who has no members has only offsets, or nothing yet. */
export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** Who asks: empty and null where it does not say. */
export interface ClassicMemberName {
  readonly memberId: string;
  /** The name of a static member. */
  readonly instanceId: string | null;
}

/** Who commits, and in which generation; -1 for somebody who is in none. */
export interface CommitClaim extends ClassicMemberName {
  readonly generation: number;
}

export interface ClassicMemberDescription {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  /** What it said of itself for the protocol that was chosen; empty while none is. */
  readonly metadata: Buffer;
  /** What the leader gave it; empty while it has nothing. */
  readonly assignment: Buffer;
}

export interface ClassicDescription {
  readonly groupId: string;
  readonly state: ClassicState;
  /** `consumer`, say; empty for a group that has only offsets. */
  readonly protocolType: string;
  /** What the members have agreed on; empty unless the group is stable. */
  readonly protocolName: string;
  readonly members: readonly ClassicMemberDescription[];
}

export interface ClassicListing {
  readonly groupId: string;
  readonly state: ClassicState;
  readonly protocolType: string;
}

export type ClassicCaller = Pick<Caller, 'address' | 'clientId' | 'signal' | 'budget'>;

/** The classic groups of a broker. */
export class ClassicGroups {
  readonly #directory: Pick<GroupDirectory, 'find' | 'groups'>;

  constructor(directory: Pick<GroupDirectory, 'find' | 'groups'>) {
    this.#directory = directory;
  }

  /**
   * Why this claim to commit offsets is refused; null when it is not. A commit is a sign of life of its member. For a
   * group whose partitions the broker assigns: UNKNOWN_MEMBER_ID while it has members. For a group that is not there:
   * ILLEGAL_GENERATION for who claims a generation. What it says may rest on what is not durable yet: wait for
   * `LiveGroup.settled()` before it is told.
   */
  checkCommit(groupId: string, { generation }: CommitClaim): ClassicFault | null {
    const live = this.#directory.find(groupId);
    if (!live?.exists) return generation >= 0 ? 'ILLEGAL_GENERATION' : null;
    const isEmpty = live.group === null || live.group.members.size === 0;
    return isEmpty && generation < 0 ? null : 'UNKNOWN_MEMBER_ID';
  }

  /**
   * Null where there is no such group, and where the broker assigns. A group that has only offsets is Empty, without a
   * protocol type.
   */
  async describe(groupId: string): Promise<ClassicDescription | null> {
    const live = this.#directory.find(groupId);
    if (!live?.exists || live.group !== null) return null;
    await live.settled();
    return { groupId, state: 'Empty', protocolType: '', protocolName: '', members: [] };
  }

  /** All of them, those included that have only offsets; in no order. */
  list(): ClassicListing[] {
    return [...this.#directory.groups()]
      .filter((live) => live.exists && live.group === null)
      .map(({ groupId }) => ({ groupId, state: 'Empty', protocolType: '' }));
  }
}

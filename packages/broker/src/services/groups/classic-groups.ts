/**
 * Classic groups, as clients of Kafka know them: members that divide the partitions among themselves, by the words that
 * each of them says to the others (row B1). What is here knows no wire; its errors are named as Kafka names them.
 */
import { coordinatorLimits, metadataFor, saidBytes, seatBytes, seatedAs } from '@q/coordinator';
import type {
  ClassicClaim,
  ClassicCommand,
  ClassicGroup,
  ClassicJoined,
  ClassicMember,
  ClassicMemberName,
  ClassicProtocol,
  ClassicState,
  ClassicStep,
  ClassicSynced,
} from '@q/coordinator';
import { QError } from '@q/protocol';
import type { Caller } from '../../caller.ts';
import { randomUuid } from '../../random.ts';
import type { Random } from '../../random.ts';
import type { ClassicCoordinator } from './classic-coordinator.ts';
import type { GroupDirectory } from './group-directory.ts';
import type { LiveGroup } from './live-group.ts';
import { refusedWith } from './waiting-members.ts';
import type { ClassicFault, ClassicOutcome, ClassicRefusedOutcome } from './waiting-members.ts';

/** Who commits, and in which generation; -1 for somebody who is in none. */
export type CommitClaim = ClassicClaim;

export interface ClassicJoin extends ClassicMemberName {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  /** -1: the same as the session timeout. */
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  /** The broker keeps copies. */
  readonly protocols: readonly ClassicProtocol[];
  /** A new member is only told its id, and comes back with it. */
  readonly needsId: boolean;
  /** The client understands that it is the leader and need not assign. */
  readonly knowsSkipping: boolean;
}

export interface ClassicSync extends ClassicClaim {
  readonly groupId: string;
  /** Null where the client does not say. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  /** Of the leader; the broker keeps copies. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
}

/** A member as it is shown. */
export interface ClassicMemberDescription {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  /** What it said of itself for the protocol that was chosen; empty while none is. */
  readonly metadata: Buffer;
  /** What the leader gave it last; empty when it never got anything. */
  readonly assignment: Buffer;
}

/** A group as it is shown. */
export interface ClassicDescription {
  readonly groupId: string;
  readonly state: ClassicState;
  /** `consumer`, say; empty for a group that has only offsets. */
  readonly protocolType: string;
  /** What the members have agreed on; empty unless the group is stable. */
  readonly protocolName: string;
  readonly members: readonly ClassicMemberDescription[];
}

/** A group among others. */
export interface ClassicListing {
  readonly groupId: string;
  readonly state: ClassicState;
  readonly protocolType: string;
}

type ClassicCaller = Pick<Caller, 'address' | 'clientId' | 'signal' | 'budget'>;

export interface ClassicGroupsOptions {
  readonly directory: GroupDirectory;
  readonly coordinator: ClassicCoordinator;
  readonly random: Random;
  /** Called when a group may have come into being. */
  readonly grown: () => void;
}

/** The classic groups of a broker. */
export class ClassicGroups {
  readonly #options: ClassicGroupsOptions;

  constructor(options: ClassicGroupsOptions) {
    this.#options = options;
  }

  /**
   * Waits until a generation begins. A group whose partitions the broker assigns is refused while it has members.
   * @throws QError INVALID_GROUP_ID, GROUP_LIMIT
   */
  async join(request: ClassicJoin, caller: ClassicCaller): Promise<ClassicJoined | ClassicRefusedOutcome> {
    const { directory, coordinator, random, grown } = this.#options;
    const { groupId, memberId, instanceId, protocols } = request;
    if (protocols.length > coordinatorLimits.classicProtocolsMax) return refusedWith('INVALID_REQUEST');
    if (!coordinator.hasRoomFor(grownBy(directory.find(groupId), request)))
      return refusedWith('GROUP_MAX_SIZE_REACHED');
    const live = memberId === '' ? directory.obtain(groupId) : directory.find(groupId);
    if (live === null) return refusedWith('UNKNOWN_MEMBER_ID');
    if ((live.group?.members.size ?? 0) > 0) return refusedWith('INCONSISTENT_GROUP_PROTOCOL');
    const command: ClassicCommand = {
      kind: 'join',
      ...request,
      clientId: caller.clientId,
      host: caller.address,
      newMemberId: memberId === '' ? `${cut(instanceId ?? caller.clientId)}-${randomUuid(random)}` : memberId,
      protocols: protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    };
    const outcome = await this.#request(live, command, caller);
    grown();
    return outcome.kind === 'synced' ? refusedWith('REBALANCE_IN_PROGRESS') : outcome;
  }

  /** Waits for the leader; its own request brings the assignments of all. */
  async sync(request: ClassicSync, caller: ClassicCaller): Promise<ClassicSynced | ClassicRefusedOutcome> {
    const { directory, coordinator } = this.#options;
    const live = directory.find(request.groupId);
    if (live === null || live.classic === null) return refusedWith('UNKNOWN_MEMBER_ID');
    const { assignments, ...rest } = request;
    if (assignments.length > coordinatorLimits.membersPerGroupMax) return refusedWith('INVALID_REQUEST');
    const bytes = assignments.reduce((sum, { assignment }) => sum + assignment.length, 0);
    if (!coordinator.hasRoomFor(bytes - givenBytes(live.classic))) return refusedWith('COORDINATOR_NOT_AVAILABLE');
    const copies = assignments.map(({ memberId, assignment }) => [memberId, Buffer.from(assignment)] as const);
    const outcome = await this.#request(live, { kind: 'sync', ...rest, assignments: new Map(copies) }, caller);
    return outcome.kind === 'joined' ? refusedWith('REBALANCE_IN_PROGRESS') : outcome;
  }

  /** Null: the member is in the generation, and all is well. */
  async heartbeat(groupId: string, claim: ClassicClaim): Promise<ClassicFault | null> {
    const live = this.#options.directory.find(groupId);
    if (live === null || live.classic === null) return 'UNKNOWN_MEMBER_ID';
    const { result } = this.#options.coordinator.step(live, { kind: 'heartbeat', ...claim });
    if (!(await isSettled(live))) return 'COORDINATOR_NOT_AVAILABLE';
    return result.kind === 'refused' ? result.fault : null;
  }

  /**
   * For each of them why it could not leave; null where it did. A static member may be named by that name alone.
   * @throws QError INVALID_REQUEST for more of them than a group has
   */
  async leave(groupId: string, members: readonly ClassicMemberName[]): Promise<readonly (ClassicFault | null)[]> {
    const { directory, coordinator } = this.#options;
    const { membersPerGroupMax } = coordinatorLimits;
    if (members.length > membersPerGroupMax)
      throw new QError('INVALID_REQUEST', `a group has at most ${membersPerGroupMax} members, not ${members.length}`);
    const live = directory.find(groupId);
    if (live === null || live.classic === null) return members.map(() => 'UNKNOWN_MEMBER_ID');
    const step = coordinator.step(live, { kind: 'leave', members });
    coordinator.tell(live, step);
    const settled = isSettled(live);
    directory.forgetIfGone(live);
    if (!(await settled) || step.result.kind !== 'left') return members.map(() => 'COORDINATOR_NOT_AVAILABLE');
    return step.result.faults;
  }

  /**
   * Why this claim to commit offsets is refused; null when it is not. A commit is a sign of life of its member. For a
   * group whose partitions the broker assigns: UNKNOWN_MEMBER_ID while it has members. For a group that is not there:
   * ILLEGAL_GENERATION for who claims a generation. What it says may rest on what is not durable yet: wait for
   * `LiveGroup.settled()` before it is told.
   */
  checkCommit(groupId: string, claim: CommitClaim): ClassicFault | null {
    const live = this.#options.directory.find(groupId);
    if (!live?.exists) return claim.generation >= 0 ? 'ILLEGAL_GENERATION' : null;
    if (live.classic === null) return live.memberCount === 0 && claim.generation < 0 ? null : 'UNKNOWN_MEMBER_ID';
    const { result } = this.#options.coordinator.step(live, { kind: 'commit', ...claim });
    return result.kind === 'refused' ? result.fault : null;
  }

  /**
   * Null where there is no such group, and where the broker assigns. A group that has only offsets is Empty, without a
   * protocol type.
   */
  async describe(groupId: string): Promise<ClassicDescription | null> {
    const live = this.#options.directory.find(groupId);
    if (!live?.exists || live.group !== null) return null;
    const { classic } = live;
    const description =
      classic === null
        ? { groupId, state: 'Empty' as const, protocolType: '', protocolName: '', members: [] }
        : describeClassic(classic);
    await live.settled();
    return description;
  }

  /** All of them, those included that have only offsets; in no order. */
  list(): ClassicListing[] {
    return [...this.#options.directory.groups()]
      .filter((live) => live.exists && live.group === null)
      .map(({ groupId, classic }) => {
        return { groupId, state: classic?.state ?? 'Empty', protocolType: classic?.protocolType ?? '' };
      });
  }

  /** Answers everything that waits, now and from now on: the broker is stopping. */
  release(): void {
    this.#options.coordinator.waiting.releaseAll();
  }

  async #request(live: LiveGroup, command: ClassicCommand, caller: ClassicCaller): Promise<ClassicOutcome> {
    const { directory, coordinator } = this.#options;
    // Whoever waits too much already is told to ask again.
    const unpark = caller.signal.aborted ? null : caller.budget.park(1);
    if (unpark === null) {
      directory.forgetIfGone(live);
      return refusedWith('COORDINATOR_NOT_AVAILABLE');
    }
    try {
      const step = coordinator.step(live, command);
      const waiting = step.result.kind === 'waits' ? this.#wait(live, step.result.memberId, caller) : null;
      coordinator.tell(live, step);
      const settled = isSettled(live);
      directory.forgetIfGone(live);
      if (waiting !== null) return await waiting;
      return (await settled) ? atOnce(step) : refusedWith('COORDINATOR_NOT_AVAILABLE');
    } finally {
      unpark();
    }
  }

  #wait(live: LiveGroup, memberId: string, { signal }: ClassicCaller): Promise<ClassicOutcome> {
    const { directory, coordinator } = this.#options;
    const gone = (): void => {
      if (live.classic === null) return;
      coordinator.tell(live, coordinator.step(live, { kind: 'abandon', memberId }));
      directory.forgetIfGone(live);
    };
    return coordinator.waiting.wait(live, memberId, { signal, gone });
  }
}

/** What a member says now in place of what it said before; who has an id has its seat. */
function grownBy(live: LiveGroup | null, request: ClassicJoin): number {
  const before = live?.classic ? seatedAs(live.classic, request) : null;
  const seat = before === null && request.memberId === '' ? seatBytes : 0;
  return seat + saidBytes(request.protocols) - saidBytes(before?.protocols ?? []);
}

/** What the leader has given to its members, which a newer assignment takes the place of. */
function givenBytes({ members }: ClassicGroup): number {
  let bytes = 0;
  for (const { assignment } of members.values()) bytes += assignment.length;
  return bytes;
}

function atOnce({ result }: ClassicStep): ClassicRefusedOutcome {
  return result.kind === 'refused' ? result : refusedWith('COORDINATOR_NOT_AVAILABLE');
}

/** False: it was taken back. */
async function isSettled(live: LiveGroup): Promise<boolean> {
  try {
    await live.settled();
    return true;
  } catch {
    return false;
  }
}

function describeClassic(group: ClassicGroup): ClassicDescription {
  const { groupId, state, protocolType, protocolName, members } = group;
  return {
    groupId,
    state,
    protocolType,
    protocolName: state === 'Stable' ? (protocolName ?? '') : '',
    members: [...members.values()].map((member) => describeMember(group, member)),
  };
}

/** What it says of itself counts only in a generation that is whole; what it was given last is told in any state. */
function describeMember({ state, protocolName }: ClassicGroup, member: ClassicMember): ClassicMemberDescription {
  const { memberId, instanceId, clientId, host, assignment } = member;
  const metadata = metadataFor(member, state === 'Stable' ? protocolName : null);
  return { memberId, instanceId, clientId, host, metadata, assignment };
}

/** Ids of members begin with the name of their client, which may be long. */
function cut(name: string): string {
  return name.slice(0, coordinatorLimits.clientTextCharactersMax).toWellFormed();
}

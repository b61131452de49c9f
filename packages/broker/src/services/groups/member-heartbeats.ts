/**
 * Heartbeats of members: each takes a step, and its answer is held until there is something to tell (rows G1, G2).
 */
import { coordinatorLimits } from '@q/coordinator';
import type { GroupStep, HeartbeatCommand, HeartbeatReply } from '@q/coordinator';
import { QError } from '@q/protocol';
import type { Caller } from '../../caller.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { GroupCoordinator } from './group-coordinator.ts';
import type { GroupDirectory } from './group-directory.ts';
import type { HeldHeartbeats, HoldEnd } from './held-heartbeats.ts';
import type { LiveGroup } from './live-group.ts';
import { assignedTopics, ownedPartitions } from './topic-view.ts';
import type { AssignedTopic } from './topic-view.ts';

/** Who joins a group, or joins it again, names this epoch; -1 leaves it for good, -2 for a while. */
const joiningEpoch = 0;

/** What a member says of itself. Null, or -1 in a time, means: as before, or the broker's default when joining. */
export interface MemberHeartbeat {
  readonly groupId: string;
  readonly memberId: string;
  /** The epoch of the last answer, 0 to join, -1 to leave, -2 for a static member that will come back. */
  readonly memberEpoch: number;
  /** Name of a static member; null for a dynamic one. */
  readonly instanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly assignor: string | null;
  /** Names of the topics wanted. */
  readonly topics: readonly string[] | null;
  /** What the member owns at this moment. */
  readonly owned: readonly AssignedTopic[] | null;
  /** How long its application has made no progress although records waited for it. */
  readonly stalledMs: number;
  /** The answer is held for so long unless there is something to say; 0: it comes at once. */
  readonly maxWaitMs: number;
}

export interface HeartbeatAnswer {
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  readonly sessionTimeoutMs: number;
  /** All that the member may own from now on; null: as before. */
  readonly assignment: readonly AssignedTopic[] | null;
}

export interface MemberHeartbeatsOptions {
  readonly directory: GroupDirectory;
  readonly coordinator: GroupCoordinator;
  readonly held: HeldHeartbeats;
  readonly registry: TopicRegistry;
  readonly limits: BrokerLimits;
}

export class MemberHeartbeats {
  readonly #options: MemberHeartbeatsOptions;

  constructor(options: MemberHeartbeatsOptions) {
    this.#options = options;
  }

  /** Before the first await the step is taken, so that a commit sent before it counts before it. */
  async beat(
    request: MemberHeartbeat,
    caller: Pick<Caller, 'address' | 'clientId' | 'signal' | 'budget'>,
  ): Promise<HeartbeatAnswer> {
    const { directory, coordinator, held, limits } = this.#options;
    const command = commandOf(request, caller, limits);
    const live = this.#groupFor(request);
    // Also when it is refused: a member waits for one answer at a time.
    held.end(request, 'newer');
    const step = coordinator.step(live, command);
    const settled = live.settled();
    directory.forgetIfGone(live);
    const reply = quietReply(request, step);
    const waitMs = reply === null ? 0 : this.#waitMs(request, reply);
    const unpark = reply === null || waitMs <= 0 ? null : caller.budget.park(1);
    if (reply === null || unpark === null) {
      await settled;
      return this.#answer(step);
    }
    const why = await held.hold(request, { signal: caller.signal, waitMs });
    unpark();
    return this.#answerHeld(request, reply, why);
  }

  #groupFor({ groupId, memberId, memberEpoch }: MemberHeartbeat): LiveGroup {
    const { directory } = this.#options;
    if (memberEpoch === joiningEpoch) return refuseClassic(directory.obtain(groupId));
    return directory.find(groupId) ?? refuseMember(groupId, memberId);
  }

  /** A session is counted from the last heartbeat that arrived, so no hold may take up more than half of it. */
  #waitMs({ maxWaitMs }: MemberHeartbeat, { sessionTimeoutMs }: HeartbeatReply): number {
    return Math.min(maxWaitMs, this.#options.limits.heldHeartbeatMsMax, Math.floor(sessionTimeoutMs / 2));
  }

  async #answerHeld(request: MemberHeartbeat, reply: HeartbeatReply, why: HoldEnd): Promise<HeartbeatAnswer> {
    const { directory, coordinator } = this.#options;
    // Nobody may hear this answer, so it must not carry news that would count as told.
    if (why === 'newer' || why === 'gone' || why === 'stopping') return this.#tell(reply);
    const live = directory.find(request.groupId) ?? refuseMember(request.groupId, request.memberId);
    const step = coordinator.step(live, { kind: 'look', memberId: request.memberId });
    await live.settled();
    return this.#answer(step);
  }

  #answer({ result }: GroupStep): HeartbeatAnswer {
    if (result.kind === 'refused') throw new QError(result.code, result.message);
    if (result.kind === 'reply') return this.#tell(result);
    throw new QError('UNKNOWN', 'a heartbeat came to nothing');
  }

  #tell({ memberEpoch, sessionTimeoutMs, assignment }: HeartbeatReply): HeartbeatAnswer {
    return {
      memberEpoch,
      heartbeatIntervalMs: heartbeatIntervalMs(sessionTimeoutMs),
      sessionTimeoutMs,
      assignment: assignment === null ? null : assignedTopics(assignment, this.#options.registry),
    };
  }
}

/** A short session needs heartbeats more often: two of them may be lost. */
export function heartbeatIntervalMs(sessionTimeoutMs: number): number {
  return Math.min(coordinatorLimits.heartbeatIntervalMs, Math.floor(sessionTimeoutMs / 3));
}

/** The reply, if it tells no more than that all is as it was: there is time to wait for news. */
function quietReply({ memberEpoch }: MemberHeartbeat, { result, records }: GroupStep): HeartbeatReply | null {
  if (result.kind !== 'reply' || records.length > 0) return null;
  const isNews = memberEpoch < 0 || result.memberEpoch !== memberEpoch || result.assignment !== null;
  return isNews ? null : result;
}

function commandOf(
  request: MemberHeartbeat,
  caller: Pick<Caller, 'address' | 'clientId'>,
  { partitionsMax }: BrokerLimits,
): HeartbeatCommand {
  const { memberId, memberEpoch, instanceId, sessionTimeoutMs, rebalanceTimeoutMs, assignor, topics } = request;
  return {
    kind: 'heartbeat',
    memberId,
    memberEpoch,
    instanceId,
    clientId: caller.clientId,
    host: caller.address,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    assignor,
    topics,
    owned: request.owned === null ? null : ownedPartitions(request.owned, partitionsMax),
    stalledMs: Math.max(0, request.stalledMs),
  };
}

/** @throws QError GROUP_NOT_EMPTY for a group whose members assign: one of them would not hear of this one */
function refuseClassic(live: LiveGroup): LiveGroup {
  const { groupId, classic } = live;
  if (classic === null || (classic.members.size === 0 && classic.pending.size === 0)) return live;
  const message = `group ${JSON.stringify(groupId)} has members that assign by themselves (group.protocol=classic)`;
  throw new QError('GROUP_NOT_EMPTY', message, { details: { groupId, members: classic.members.size } });
}

function refuseMember(groupId: string, memberId: string): never {
  throw new QError('UNKNOWN_MEMBER', `group ${JSON.stringify(groupId)} has no members; join it again`, {
    details: { groupId, memberId },
  });
}

/**
 * One member of a group: what it wants, owns and is to own, and until when it is believed to be alive.
 */
import type { PartitionsByTopic } from '../partitions.ts';

/** How partitions are divided among members. */
export type AssignorName = 'uniform' | 'range';

/** What of a member is stored and comes back after a restart. */
export interface DurableMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** The one it prefers; the group uses what most members prefer. */
  readonly assignor: AssignorName;
  /** Names of the topics that it wants, ascending. */
  readonly topics: readonly string[];
  /**
   * Its place in the order of joining: members are listed by it, and a static member that comes back takes its old one.
   */
  readonly place: number;
  readonly memberEpoch: number;
  /** The one before: an answer may have been lost, and the request that repeats is taken all the same. */
  readonly previousEpoch: number;
  /** What it was told that it may own, and will not be asked to give up at its epoch. */
  readonly assigned: PartitionsByTopic;
  /** What it was told to give up and has not yet said that it did. */
  readonly revoking: PartitionsByTopic;
  /** What it is to own once the group is stable. */
  readonly target: PartitionsByTopic;
  /** A static member that left for a while: it keeps its target until its session expires. */
  readonly isAway: boolean;
}

export interface Member extends DurableMember {
  /** Not durable: after a restart every session begins anew. */
  readonly lastHeartbeatMs: number;
  /** By when it must have given up `revoking`; null when there is nothing to give up. Not durable. */
  readonly revokeByMs: number | null;
  /** As the member said last. Not durable. */
  readonly stalledMs: number;
}

/** When its session ends unless a heartbeat comes. */
export function sessionEndMs(member: Member): number {
  return member.lastHeartbeatMs + member.sessionTimeoutMs;
}

/** The earliest moment at which it is put out of the group unless it does something. */
export function memberDeadlineMs(member: Member): number {
  return Math.min(sessionEndMs(member), member.revokeByMs ?? Infinity);
}

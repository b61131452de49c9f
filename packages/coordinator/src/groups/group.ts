/**
 * A consumer group as the coordinator sees it: who is in it, what each member wants, owns and is to own.
 *
 * All of it is immutable: a step makes a new `Group` and shares what did not change, so that the broker can go back to the
 * last state that is durable when a write fails.
 *
 * Invariants:
 *  1. `memberEpoch <= targetEpoch <= groupEpoch`. A member whose epoch is the target epoch owns its target, or waits for
 *     what others still own of it.
 *  2. A partition is in `assigned` or `revoking` of at most one member: it moves only when its owner has let go.
 *  3. `target` names only members of the group, and each partition once.
 */

/** Partitions by topic id. Lists are ascending, hold each number once, and are never empty. */
export type PartitionsByTopic = ReadonlyMap<string, readonly number[]>;

export type AssignorName = 'uniform' | 'range';

export interface Group {
  readonly groupId: string;
  /** Rises when members, subscriptions or topics change. */
  readonly groupEpoch: number;
  /** The group epoch that `target` of every member was made for. */
  readonly targetEpoch: number;
  /** In the order of joining; a static member that comes back takes its old place. */
  readonly members: ReadonlyMap<string, Member>;
  /** Since when the group has had no members: it and its offsets expire. Null while it has some. */
  readonly emptySinceMs: number | null;
}

export interface Member {
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
  /** Not durable: after a restart every session begins anew. */
  readonly lastHeartbeatMs: number;
  /** By when it must have given up `revoking`; null when there is nothing to give up. Not durable. */
  readonly revokeByMs: number | null;
  /** As the member said last. Not durable. */
  readonly stalledMs: number;
}

/** `assigning` is never seen from outside today, as targets are made at once: it is there for client-assigned groups. */
export type GroupState = 'empty' | 'assigning' | 'reconciling' | 'stable';

export type MemberState = 'stable' | 'unrevoked' | 'unreleased' | 'away';

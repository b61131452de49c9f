/**
 * A consumer group as the coordinator sees it: who is in it, what each member wants, owns and is to own.
 *
 * All of it is immutable: a step makes a new `Group` and shares what did not change, so that the broker can go back to
 * the last state that is durable when a write fails.
 *
 * Invariants:
 *  1. `memberEpoch <= targetEpoch <= groupEpoch`. A member keeps its epoch as long as its assignment does not change,
 *     so that nobody who is not concerned by a rebalance hears of it or has a commit refused for it.
 *  2. A partition is in `assigned` or `revoking` of at most one member: it moves only when its owner has let go.
 *  3. `target` names only members of the group, and each partition once.
 *  4. `emptySinceMs` is null exactly while there are members.
 */
import { Members } from './members.ts';

/** A consumer group at one moment. Never changed: a step makes a new one. */
export interface Group {
  readonly groupId: string;
  /** Rises when members, subscriptions or topics change. */
  readonly groupEpoch: number;
  /** The group epoch that `target` of every member was made for. */
  readonly targetEpoch: number;
  /** In the order of joining; a static member that comes back takes its old place. */
  readonly members: Members;
  /** Since when the group has had no members, on the clock that never goes back. Null while it has some. */
  readonly emptySinceMs: number | null;
}

/**
 * `assigning` is never seen from outside today, as targets are made at once: it is there for client-assigned groups.
 */
export type GroupState = 'empty' | 'assigning' | 'reconciling' | 'stable';

/** Where a member stands on its way to its target. */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased' | 'away';

/** A new group, empty from now on. It is not stored before its first member or offset is. */
export function createGroup(groupId: string, context: { readonly nowMs: number }): Group {
  return { groupId, groupEpoch: 0, targetEpoch: 0, members: Members.none, emptySinceMs: context.nowMs };
}

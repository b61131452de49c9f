/**
 * A classic group at one moment: its members agree on a protocol, and one of them, the leader, assigns.
 *
 *   Empty ──a member joins──▶ PreparingRebalance ──all have joined, or time is up──▶ CompletingRebalance
 *     ▲                          ▲          ▲                                              │
 *     └───everybody has left─────┘          ├───somebody comes, goes or changes────────────┤
 *                                           │                                              ▼
 *                                           └───somebody comes, goes or changes───────── Stable ◀─the leader assigned
 *
 * All of it is immutable: a step makes a new one and shares what did not change, so that the broker can go back to the
 * last state that is durable when a write fails.
 *
 * Invariants:
 *  1. A generation has one set of members, one leader and one protocol, and is told to nobody before it is durable.
 *  2. Requests to join wait in PreparingRebalance only, requests to sync in CompletingRebalance only.
 *  3. `rebalance` is there exactly in PreparingRebalance.
 *  4. `emptySinceMs` is null exactly while there are members.
 *  5. An instance id belongs to one member.
 */
import { noClassicMembers } from './classic-member.ts';
import type { ClassicMembers } from './classic-member.ts';

/** Where a group stands, in Kafka's words. */
export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** A rebalance that gathers its members. */
export interface Gathering {
  /** When the generation begins, whoever is there then. */
  readonly deadlineMs: number;
  /** The first one of a group: it waits even when all that it knows are there, as others are on their way. */
  readonly initial: {
    /** For how long it may still be put off. */
    readonly remainingMs: number;
    readonly delayMs: number;
    /** Somebody came since it was put off last. */
    readonly hasGrown: boolean;
  } | null;
}

/** What of a group, its members excepted, is stored. */
export interface ClassicFacts {
  readonly generation: number;
  /** What kind of members they are, `consumer` say; empty before the first one. */
  readonly protocolType: string;
  /** What they agreed on; null without members. */
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  /** Since when the group has had no members, on the clock that never goes back. Null while it has some. */
  readonly emptySinceMs: number | null;
}

/** A group whose members divide the partitions among themselves. Immutable. */
export interface ClassicGroup extends ClassicFacts {
  readonly groupId: string;
  readonly state: ClassicState;
  /** In the order of joining. */
  readonly members: ClassicMembers;
  /** Ids that were given out to members that have not come back with them yet, and until when they may. */
  readonly pending: ReadonlyMap<string, number>;
  readonly rebalance: Gathering | null;
  /** By when every member must have asked for its assignment; null when all have. */
  readonly syncByMs: number | null;
  /** What members take, and ids that were given out: most of it is what they say of themselves and were given. */
  readonly bytes: number;
  /** What the log holds of the group; null: nothing. */
  readonly stored: StoredClassic | null;
}

/** A group as its records are. */
export interface StoredClassic extends ClassicFacts {
  readonly isAssigned: boolean;
  readonly members: ClassicMembers;
}

/** A new group, empty from now on. */
export function createClassicGroup(groupId: string, { nowMs }: { readonly nowMs: number }): ClassicGroup {
  return {
    groupId,
    state: 'Empty',
    generation: 0,
    protocolType: '',
    protocolName: null,
    leaderId: null,
    emptySinceMs: nowMs,
    members: noClassicMembers,
    pending: new Map(),
    rebalance: null,
    syncByMs: null,
    bytes: 0,
    stored: null,
  };
}

/** When the next `tick` is due; null when there is nothing to wait for. */
export function nextClassicDeadlineMs({ members, pending, rebalance, syncByMs }: ClassicGroup): number | null {
  let deadlineMs = Math.min(members.deadlineMs, rebalance?.deadlineMs ?? Infinity, syncByMs ?? Infinity);
  for (const untilMs of pending.values()) deadlineMs = Math.min(deadlineMs, untilMs);
  return deadlineMs === Infinity ? null : deadlineMs;
}

/** An empty group whose partitions the broker assigned, as a classic one. It is stored when something comes of it. */
export function takeOverGroup(
  { groupId, emptySinceMs }: { readonly groupId: string; readonly emptySinceMs: number | null },
  context: { readonly nowMs: number },
): ClassicGroup {
  const created = createClassicGroup(groupId, context);
  const group = { ...created, emptySinceMs: emptySinceMs ?? context.nowMs };
  const { protocolType, protocolName, leaderId, members } = group;
  const unlike = { generation: -1, isAssigned: false, emptySinceMs: null };
  return { ...group, stored: { protocolType, protocolName, leaderId, members, ...unlike } };
}

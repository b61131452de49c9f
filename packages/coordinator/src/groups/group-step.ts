/**
 * What can happen to a group, and what comes of it.
 */
import type { Group } from './group.ts';
import type { GroupRecord } from './group-record.ts';
import type { PartitionsByTopic } from '../partitions.ts';

/** The topics that exist, as the broker knows them at the moment of the step. */
export interface TopicView {
  /** Null when there is no such topic. */
  byName(name: string): { readonly topicId: string; readonly partitions: number } | null;
}

/** What a step may look at beside the group and its command. */
export interface StepContext {
  /** On a clock that never goes back: what decides. */
  readonly nowMs: number;
  /** Ms since 1970: only for what is stored, to bridge a restart. */
  readonly wallMs: number;
  /** For members that name none when they join; `coordinatorLimits.sessionTimeoutMs` when it is not given. */
  readonly sessionTimeoutMs?: number;
  readonly topics: TopicView;
}

/** What can happen to a group. */
export type GroupCommand =
  /** Join, stay, leave, report: GROUP_HEARTBEAT as it came, with `-1` and null for what is unchanged. */
  | HeartbeatCommand
  /** A held heartbeat looks whether there is news. It does not count as a sign of life. */
  | { readonly kind: 'look'; readonly memberId: string }
  /** Topics came, went or grew. */
  | { readonly kind: 'topics-changed' }
  /** A moment that `nextDeadlineMs` named has come. */
  | { readonly kind: 'tick' };

/** A heartbeat as a member sent it. */
export interface HeartbeatCommand {
  readonly kind: 'heartbeat';
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly assignor: string | null;
  readonly topics: readonly string[] | null;
  readonly owned: PartitionsByTopic | null;
  readonly stalledMs: number;
}

/** What a member is told. `assignment` is null when nothing changed since it was told last; after leaving, too. */
export interface HeartbeatReply {
  readonly kind: 'reply';
  readonly memberEpoch: number;
  readonly sessionTimeoutMs: number;
  readonly assignment: PartitionsByTopic | null;
}

/** Why a command was refused. The codes are those of the protocol's error table. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code:
    | 'INVALID_REQUEST'
    | 'UNKNOWN_MEMBER'
    | 'FENCED_MEMBER_EPOCH'
    | 'UNRELEASED_INSTANCE'
    | 'UNSUPPORTED_ASSIGNOR'
    | 'GROUP_LIMIT';
  readonly message: string;
}

/** What a command made of a group. */
export interface GroupStep {
  readonly group: Group;
  readonly result: HeartbeatReply | Refusal | { readonly kind: 'none' };
  /** To be made durable, all together, before `result` is told to anybody. Empty when nothing durable changed. */
  readonly records: readonly GroupRecord[];
  /**
   * Members whose held heartbeat has something to hear since this step: a `look` brings it, or the refusal. Whoever was
   * evicted is among them, the member of the command itself is not. Each is named once for what it has not heard yet; a
   * member that holds no heartbeat hears it with its next one.
   */
  readonly wake: readonly string[];
  /** Members that were put out by this step, and why: for the log and the metrics. */
  readonly evicted: readonly Eviction[];
}

/** A member that was removed, and why. */
export interface Eviction {
  readonly memberId: string;
  readonly reason: 'session' | 'rebalance' | 'replaced';
}

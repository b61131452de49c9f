import { strict as assert } from 'node:assert';

/** Bounds and defaults of the state machines. */
export interface CoordinatorLimits {
  /** Producer ids claimed by one durable write. */
  readonly producerIdBlockSize: number;
  /** Without a heartbeat for so long a member is put out of its group, unless it or the broker says otherwise. */
  readonly sessionTimeoutMs: number;
  readonly sessionTimeoutMsMin: number;
  readonly sessionTimeoutMsMax: number;
  /**
   * A member that has not given up within this what it was told to give up is put out of its group, unless it says
   * otherwise.
   */
  readonly rebalanceTimeoutMs: number;
  readonly rebalanceTimeoutMsMin: number;
  readonly rebalanceTimeoutMsMax: number;
  /** How often members are asked to send heartbeats. */
  readonly heartbeatIntervalMs: number;
  readonly groupsMax: number;
  readonly membersPerGroupMax: number;
  /** Topics that one member may subscribe to. */
  readonly topicsPerMemberMax: number;
  readonly groupIdCharactersMax: number;
  /** Member ids and the names of static members. */
  readonly memberIdCharactersMax: number;
  /** What a client calls itself, and where it is: kept for people only, longer ones are cut. */
  readonly clientTextCharactersMax: number;
  /** Text beside a committed offset. */
  readonly metadataCharactersMax: number;
  /** A group without members for so long is removed with its offsets, unless the broker says otherwise. */
  readonly groupExpiryMs: number;
  /** The same for a classic group that has no offsets either, of which nothing is lost. */
  readonly classicGroupExpiryMs: number;
  /** Last epoch of a group: the wire has an i32. */
  readonly groupEpochMax: number;
  /** Shortest session of a member of a classic group. The longest is that of every group. */
  readonly classicSessionTimeoutMsMin: number;
  /** A member of a classic group that wants more to join again is given so long. */
  readonly classicRebalanceTimeoutMsMax: number;
  /** A new member of a classic group waits so long for the others at most; its client asks again. */
  readonly classicJoinWaitMsMax: number;
  /** How long the first generation of a classic group waits for more members, unless the broker says otherwise. */
  readonly classicInitialDelayMs: number;
  readonly classicInstanceIdCharactersMax: number;
  /** Ways to assign that one member may name. */
  readonly classicProtocolsMax: number;
  /** What the members of a classic group say of themselves, and the same again for what they are given. */
  readonly classicGroupBytesMax: number;
  readonly transactionalIdCharactersMax: number;
  /** How long a transaction may take at most, unless the broker says otherwise; Kafka's maximum. */
  readonly transactionTimeoutMsMax: number;
  /** A transactional id that nobody used for so long is forgotten, unless the broker says otherwise. */
  readonly transactionalIdExpiryMs: number;
  /** Partitions that one transaction may write to. */
  readonly transactionPartitionsMax: number;
  /** Groups, offsets, and characters of metadata beside them that one transaction may commit. */
  readonly transactionGroupsMax: number;
  readonly transactionOffsetsMax: number;
  readonly transactionMetadataCharactersMax: number;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Limits and defaults of the coordinator. Times are in ms. */
export const coordinatorLimits: CoordinatorLimits = {
  producerIdBlockSize: 1000,
  sessionTimeoutMs: 45_000,
  sessionTimeoutMsMin: 1_000,
  sessionTimeoutMsMax: 30 * minuteMs,
  rebalanceTimeoutMs: minuteMs,
  rebalanceTimeoutMsMin: 100,
  rebalanceTimeoutMsMax: 30 * minuteMs,
  heartbeatIntervalMs: 5_000,
  groupsMax: 10_000,
  membersPerGroupMax: 2_000,
  topicsPerMemberMax: 1_000,
  groupIdCharactersMax: 249,
  memberIdCharactersMax: 128,
  clientTextCharactersMax: 256,
  metadataCharactersMax: 4096,
  groupExpiryMs: 7 * dayMs,
  classicGroupExpiryMs: 10 * minuteMs,
  groupEpochMax: 0x7fff_ffff,
  classicSessionTimeoutMsMin: 6_000,
  classicRebalanceTimeoutMsMax: dayMs,
  classicJoinWaitMsMax: 5 * minuteMs,
  classicInitialDelayMs: 3_000,
  classicInstanceIdCharactersMax: 249,
  classicProtocolsMax: 100,
  classicGroupBytesMax: 8 << 20,
  transactionalIdCharactersMax: 249,
  transactionTimeoutMsMax: 15 * minuteMs,
  transactionalIdExpiryMs: 7 * dayMs,
  transactionPartitionsMax: 10_000,
  transactionGroupsMax: 100,
  transactionOffsetsMax: 10_000,
  transactionMetadataCharactersMax: 1 << 20,
};

assert(coordinatorLimits.producerIdBlockSize >= 1);
assert(coordinatorLimits.sessionTimeoutMsMin <= coordinatorLimits.sessionTimeoutMs);
assert(coordinatorLimits.sessionTimeoutMs <= coordinatorLimits.sessionTimeoutMsMax);
assert(coordinatorLimits.rebalanceTimeoutMsMin <= coordinatorLimits.rebalanceTimeoutMs);
assert(coordinatorLimits.rebalanceTimeoutMs <= coordinatorLimits.rebalanceTimeoutMsMax);
// A session must outlast two lost heartbeats, or a hiccup moves partitions.
assert(coordinatorLimits.heartbeatIntervalMs * 3 <= coordinatorLimits.sessionTimeoutMs);

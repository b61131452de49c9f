// @q/coordinator: state machines of the broker. No I/O, no clock, no chance.

// ── Producer ids
export { createProducerIds, producerEpochMax, reserve } from './producer-ids.ts';
export type {
  ProducerIdentity,
  ProducerIds,
  ProducerIdsCommand,
  ProducerIdsEffect,
  ProducerIdsResult,
  ProducerIdsStep,
} from './producer-ids.ts';

// ── Groups: the state machine
export { createGroup } from './groups/group.ts';
export type { Group, GroupState, MemberState } from './groups/group.ts';
export type { AssignorName, DurableMember, Member } from './groups/member.ts';
export type { Members } from './groups/members.ts';
export { stepGroup } from './groups/step.ts';
export type {
  Eviction,
  GroupCommand,
  GroupStep,
  HeartbeatCommand,
  HeartbeatReply,
  Refusal,
  StepContext,
  TopicView,
} from './groups/group-step.ts';
export { checkGroupId } from './identifier.ts';

// ── Groups: what to say of them
export { groupAssignor } from './groups/assignor.ts';
export { groupState, memberIsStalled, memberState, nextDeadlineMs } from './groups/group-status.ts';
export { ownerOf } from './groups/owners.ts';
export { countPartitions, includesPartition, isPartOf, noPartitions, partitionsByTopic, union } from './partitions.ts';
export type { PartitionsByTopic } from './partitions.ts';

// ── Groups: offsets
export { CommittedOffsets } from './groups/committed-offsets.ts';
export type { CommittedOffset, CommittedOffsetEntry, OffsetCommit } from './groups/committed-offsets.ts';
export { checkOffsetAccess, mayCommit } from './groups/offset-access.ts';
export type { OffsetRefusal } from './groups/offset-access.ts';
export { hasExpired } from './groups/expiry.ts';

// ── Groups: what is stored
export { recordsOf, removalRecords } from './groups/group-changes.ts';
export { decodeGroupRecord, encodeGroupRecord } from './groups/group-record.ts';
export type { ClassicStateRecord } from './groups/classic-record.ts';
export type { GroupRecord, GroupStateRecord } from './groups/group-record.ts';
export { GroupImage } from './groups/group-image.ts';
export type { LoadedGroup } from './groups/group-image.ts';

// ── Classic groups: the state machine
export { createClassicGroup, nextClassicDeadlineMs, takeOverGroup } from './groups/classic-group.ts';
export type { ClassicGroup, ClassicState } from './groups/classic-group.ts';
export { metadataFor, saidBytes, seatBytes } from './groups/classic-member.ts';
export type { ClassicMember, ClassicProtocol, DurableClassicMember } from './groups/classic-member.ts';
export { stepClassic } from './groups/step-classic.ts';
export type {
  ClassicAnswer,
  ClassicClaim,
  ClassicCommand,
  ClassicContext,
  ClassicEviction,
  ClassicJoinCommand,
  ClassicJoined,
  ClassicMemberName,
  ClassicRefusal,
  ClassicRefused,
  ClassicResult,
  ClassicStep,
  ClassicSyncCommand,
  ClassicSynced,
} from './groups/classic-step.ts';
export { classicMembersGone, classicRecordsOf } from './groups/classic-changes.ts';
export { seatedAs } from './groups/classic-join.ts';

// ── Transactions
export { stepTransaction } from './transactions/step-transaction.ts';
export type {
  TransactionCommand,
  TransactionContext,
  TransactionRefusal,
  TransactionResult,
  TransactionStep,
} from './transactions/transaction-step.ts';
export { countOffsets, isPrepared, nextTransactionDeadlineMs, outcomeOf } from './transactions/transaction.ts';
export type {
  EndCause,
  Outcome,
  StagedOffset,
  StagedOffsets,
  Transaction,
  TransactionState,
} from './transactions/transaction.ts';
export { decodeTransactionRecord, encodeTransactionRecord } from './transactions/transaction-record.ts';
export type { StoredTransaction, TransactionRecord } from './transactions/transaction-record.ts';
export { TransactionImage } from './transactions/transaction-image.ts';

// ── Limits
export { coordinatorLimits } from './limits.ts';
export type { CoordinatorLimits } from './limits.ts';

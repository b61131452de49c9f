// ── Connecting
export { connect } from './connect.ts';
export type { Q } from './q.ts';
export type { ConnectOptions, ThrottledEvent } from './connect-options.ts';
export type { LoginOptions, PasswordLogin, TokenLogin } from './login/login-options.ts';
export type { DeliveryFailure, ProducerOptions, TransactionalProducerOptions } from './producer/producer-options.ts';
export type { ConsumerOptions, Isolation, OffsetOutOfRangePolicy } from './consumer/consumer-options.ts';
export type { RetryOptions } from './retry.ts';
export type { TlsOptions } from './network/tls-options.ts';
export type { TracingOptions } from './tracing/tracing-options.ts';

// ── Typed topics
export { topic } from './topic/topic.ts';
export type { BytesIn, BytesOut, InvalidPolicy, Topic, TopicOptions } from './topic/topic.ts';
export type { Codec } from './topic/serde.ts';
export { SchemaIssues } from './topic/schema-issues.ts';
export type { RecordPart, SchemaIssue } from './topic/schema-issues.ts';

// ── Producing
export type { CloseResult, Producer } from './producer/producer.ts';
export { messageIdHeader } from '@q/protocol';
export type { ProducerRecord, RecordHeaders } from './producer/record.ts';
export type { Durability, SendResult } from './producer/delivery.ts';
export { murmur2, partitionOfKey } from './producer/partitioner.ts';
export type { PartitionChoice, Partitioner } from './producer/partitioner.ts';

// ── Transactions
export type {
  OffsetConsumer,
  Transaction,
  TransactionalProducer,
  TransactionOptions,
} from './transactions/transaction.ts';
export type { ProcessOptions } from './group/exactly-once.ts';

// ── Consuming
export type { Consumer } from './consumer/consumer.ts';
export type { BatchesOptions, ConsumedBatch } from './consumer/consumed-batch.ts';
export type { Message, MessageHeader } from './consumer/message.ts';
export type { StartPosition } from './consumer/start-position.ts';
export { deadLetterHeaders } from './consumer/dead-letter.ts';

// ── Consumer groups
export type { CommittedOffset } from './group/committed-offsets.ts';
export type { GroupConsumer, OffsetToCommit, RunOptions } from './group/group-consumer.ts';
export type { GroupConsumerOptions, GroupStart } from './group/group-options.ts';
export type { GroupBatch, GroupMessage } from './group/group-message.ts';
export type { GroupEvents, PartitionsEvent, ResumedEvent, StalledEvent } from './group/group-events.ts';

// ── Administration
export type {
  Admin,
  AlterTopicOptions,
  ClusterMetadata,
  CreateTopicOptions,
  EnsuredTopic,
  EnsureTopicOptions,
  ReopenedPartitionState,
  ReopenPartitionsOptions,
  TopicConfig,
  TopicSummary,
} from './admin/admin.ts';
export type { AdminRequestOptions } from './admin/admin-request.ts';
export type {
  DeleteGroupOffsetsOptions,
  GroupAdmin,
  ListGroupsOptions,
  OffsetReset,
  PartitionOffsets,
  ResetGroupOffsetsOptions,
} from './admin/group-admin.ts';
export type { GroupDescription, GroupOffset, GroupPartition } from './admin/group-description.ts';
export type { PartitionMetadata, TopicMetadata } from './cluster/topic-metadata.ts';
export type {
  AlterTopicResponse,
  AssignedTopic,
  CreateTopicResponse,
  DeleteGroupResponse,
  DeleteTopicResponse,
  DescribedMember,
  DescribeTopicResponse,
  ListedGroup,
  MetadataBroker,
  ResolvedTopicSetting,
  StatsResponse,
} from '@q/protocol';

// ── Errors
export { errorEntryByName, errorTable, QError } from '@q/protocol';
export type { ErrorDetails, ErrorEntry, ErrorKind, ErrorName } from '@q/protocol';

// ── Ports and limits
export type { Clock, Timer } from './clock.ts';
export type { Random } from './random.ts';
export type { Network, Wire, WireEvents } from './network/network.ts';
export type { Address } from './address.ts';
export { nodeClock } from './node-clock.ts';
export { nodeNetwork } from './network/node-network.ts';
export { nodeRandom } from './node-random.ts';
export { clientLimits } from './limits.ts';
export type { ClientLimits } from './limits.ts';

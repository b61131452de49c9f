// @q/protocol: the bytes of q - frames, messages, errors, record batches. No I/O, no timers.

// ── Limits
export { protocolLimits } from './limits.ts';
export type { ProtocolLimits } from './limits.ts';

// ── Errors
export { errorCode, errorEntry, errorEntryByName, errorTable } from './errors-table.ts';
export type { ErrorEntry, ErrorKind, ErrorName } from './errors-table.ts';
export { QError } from './errors.ts';
export type { ErrorDetails, QErrorOptions } from './errors.ts';

// ── Topic names
export { checkTopicName, internalTopicPrefix, isInternalTopic } from './topic-name.ts';

// ── Authentication: messages and exchanges
export { SaslFault } from './sasl/sasl-fault.ts';
export { scramHash, scramLimits } from './sasl/scram-mechanism.ts';
export type { ScramMechanism } from './sasl/scram-mechanism.ts';
export { scramCredential } from './sasl/scram-keys.ts';
export type { ScramCredential } from './sasl/scram-keys.ts';
export { ScramClient } from './sasl/scram-client.ts';
export type { ScramClientOptions } from './sasl/scram-client.ts';
export { ScramServer } from './sasl/scram-server.ts';
export type { ScramFound, ScramOutcome, ScramServerOptions } from './sasl/scram-server.ts';
export { formatPlain, parsePlain } from './sasl/plain-message.ts';
export type { PlainMessage } from './sasl/plain-message.ts';
export { bearerGiveUp, bearerRefusal, formatBearer, parseBearer } from './sasl/bearer-message.ts';
export type { BearerMessage } from './sasl/bearer-message.ts';

// ── Keys
export { keyHash, partitionForKey } from './key-hash.ts';

// ── Frames
export { FrameDecoder } from './frame/decoder.ts';
export type { FrameDecoderOptions } from './frame/decoder.ts';
export { decodeRequestBody, decodeRequestHeader, encodeRequest } from './frame/request.ts';
export type { RequestHeader, RequestOptions } from './frame/request.ts';
export { decodeResponseBody, decodeResponseHeader, encodeResponse } from './frame/response.ts';
export type { ResponseHeader, ResponseOptions } from './frame/response.ts';
export { decodeErrorBody, encodeErrorResponse } from './frame/error-response.ts';
export type { ErrorResponseOptions } from './frame/error-response.ts';

// ── Schemas: the messages as data
export type { FieldCodec, FieldShape, Kind, KindShape, ScalarName, StructShape } from './schema/kind.ts';
export type { Struct } from './schema/struct.ts';

// ── APIs
export { apiByKey, apis } from './apis/registry.ts';
export type { Api, ApiName } from './apis/api.ts';
export { Hello, helloMagic } from './apis/hello.ts';
export type { ApiVersionRange, HelloRequest, HelloResponse } from './apis/hello.ts';
export { Authenticate } from './apis/authenticate.ts';
export type { AuthenticateRequest, AuthenticateResponse } from './apis/authenticate.ts';
export { durabilityCode, Produce } from './apis/produce.ts';
export type {
  ProduceRequest,
  ProduceRequestPartition,
  ProduceRequestTopic,
  ProduceResponse,
  ProduceResponsePartition,
  ProduceResponseTopic,
} from './apis/produce.ts';
export { Fetch, isolationCode } from './apis/fetch.ts';
export type {
  FetchAborted,
  FetchRequest,
  FetchRequestPartition,
  FetchRequestTopic,
  FetchResponse,
  FetchResponsePartition,
  FetchResponseTopic,
} from './apis/fetch.ts';
export { Metadata, noTopicId } from './apis/metadata.ts';
export type {
  MetadataBroker,
  MetadataPartition,
  MetadataRequest,
  MetadataResponse,
  MetadataTopic,
} from './apis/metadata.ts';
export { ListOffsets, offsetQuery } from './apis/list-offsets.ts';
export type {
  ListOffsetsRequest,
  ListOffsetsRequestPartition,
  ListOffsetsRequestTopic,
  ListOffsetsResponse,
  ListOffsetsResponsePartition,
  ListOffsetsResponseTopic,
} from './apis/list-offsets.ts';
export { CreateTopic } from './apis/create-topic.ts';
export type { CreateTopicRequest, CreateTopicResponse } from './apis/create-topic.ts';
export { DeleteTopic } from './apis/delete-topic.ts';
export type { DeleteTopicRequest, DeleteTopicResponse } from './apis/delete-topic.ts';
export { ListTopics } from './apis/list-topics.ts';
export type { ListTopicsRequest, ListTopicsResponse, ListedTopic } from './apis/list-topics.ts';
export { DescribeTopic } from './apis/describe-topic.ts';
export type { DescribeTopicRequest, DescribeTopicResponse, DescribedPartition } from './apis/describe-topic.ts';
export { AlterTopic } from './apis/alter-topic.ts';
export type { AlterTopicRequest, AlterTopicResponse } from './apis/alter-topic.ts';
export { AddPartitions } from './apis/add-partitions.ts';
export type { AddPartitionsRequest, AddPartitionsResponse } from './apis/add-partitions.ts';
export { DeleteRecords } from './apis/delete-records.ts';
export type {
  DeleteRecordsRequest,
  DeleteRecordsRequestPartition,
  DeleteRecordsResponse,
  DeleteRecordsResponsePartition,
} from './apis/delete-records.ts';
export { ReopenPartitions } from './apis/reopen-partitions.ts';
export type { ReopenPartitionsRequest, ReopenPartitionsResponse, ReopenedPartition } from './apis/reopen-partitions.ts';
export { InitProducer } from './apis/init-producer.ts';
export type { InitProducerRequest, InitProducerResponse } from './apis/init-producer.ts';
export { Stats } from './apis/stats.ts';
export type { ApiStats, ErrorStats, StatsRequest, StatsResponse } from './apis/stats.ts';
export type {
  ClientCount,
  Distribution,
  FailingClient,
  GroupLag,
  RefusalCount,
  TopicTraffic,
  TrafficWindow,
} from './apis/stats-parts.ts';
export { Ping } from './apis/ping.ts';
export type { PingRequest, PingResponse } from './apis/ping.ts';
export { GroupHeartbeat, memberEpochCode } from './apis/group-heartbeat.ts';
export type { GroupHeartbeatRequest, GroupHeartbeatResponse } from './apis/group-heartbeat.ts';
export type { AssignedTopic } from './apis/assigned-topic.ts';
export { CommitOffset } from './apis/commit-offset.ts';
export type {
  CommitOffsetRequest,
  CommitOffsetRequestPartition,
  CommitOffsetRequestTopic,
  CommitOffsetResponse,
  CommitOffsetResponsePartition,
  CommitOffsetResponseTopic,
} from './apis/commit-offset.ts';
export { EndTransaction, transactionOutcomeCode } from './apis/end-transaction.ts';
export type { EndTransactionRequest, EndTransactionResponse } from './apis/end-transaction.ts';
export { StageOffsets } from './apis/stage-offsets.ts';
export type { StageOffsetsRequest, StageOffsetsResponse } from './apis/stage-offsets.ts';
export { FetchOffset } from './apis/fetch-offset.ts';
export type {
  FetchOffsetRequest,
  FetchOffsetRequestTopic,
  FetchOffsetResponse,
  FetchOffsetResponsePartition,
  FetchOffsetResponseTopic,
} from './apis/fetch-offset.ts';
export { ListGroups } from './apis/list-groups.ts';
export type { ListGroupsRequest, ListGroupsResponse, ListedGroup } from './apis/list-groups.ts';
export { DescribeGroup } from './apis/describe-group.ts';
export type {
  DescribeGroupRequest,
  DescribeGroupResponse,
  DescribedGroupPartition,
  DescribedMember,
} from './apis/describe-group.ts';
export { DeleteGroup } from './apis/delete-group.ts';
export type { DeleteGroupRequest, DeleteGroupResponse } from './apis/delete-group.ts';
export { ResetOffsets } from './apis/reset-offsets.ts';
export type {
  ResetOffsetsRequest,
  ResetOffsetsRequestPartition,
  ResetOffsetsRequestTopic,
  ResetOffsetsResponse,
  ResetOffsetsResponsePartition,
  ResetOffsetsResponseTopic,
} from './apis/reset-offsets.ts';
export { DeleteOffsets } from './apis/delete-offsets.ts';
export type {
  DeleteOffsetsRequest,
  DeleteOffsetsRequestTopic,
  DeleteOffsetsResponse,
  DeleteOffsetsResponseTopic,
} from './apis/delete-offsets.ts';
export { settingSource } from './apis/topic-setting.ts';
export type { ResolvedTopicSetting, TopicSetting } from './apis/topic-setting.ts';

export { UuidTexts, parseUuid } from './schema/uuid-text.ts';

// ── Record batches: one layout on the wire, on disk and in memory
export { BatchMemory } from './batch/batch-memory.ts';
export { LentMemory } from './batch/lent-memory.ts';
export type { LentMemoryOptions } from './batch/lent-memory.ts';
export { BatchBuilder } from './batch/builder.ts';
export type { BatchBuilderOptions } from './batch/builder.ts';
export { assertBatch, checkBatch, iterateBatches } from './batch/check.ts';
export type { BatchCheck, IterateBatchesOptions } from './batch/check.ts';
export { checkWorkBytes } from './batch/check-work.ts';
export { encodeBatch } from './batch/encode.ts';
export { encodeGap } from './batch/gap.ts';
export type { EncodeBatchOptions } from './batch/encode.ts';
export { encodeEndMarker, readEndMarker } from './batch/end-marker.ts';
export type { EndMarker, EndMarkerOptions } from './batch/end-marker.ts';
export {
  batchAttributes,
  batchBaseOffset,
  batchBaseSequence,
  batchBaseTimestamp,
  batchCodec,
  batchCrc,
  batchDeleteHorizonMs,
  batchHasAppendTime,
  batchIsControl,
  batchIsTransactional,
  batchLastOffset,
  batchLastOffsetDelta,
  batchLeaderEpoch,
  batchMagic,
  batchMaxTimestamp,
  batchProducerEpoch,
  batchProducerId,
  batchRecordsCount,
  batchSize,
  readBatchHeader,
} from './batch/header.ts';
export type { BatchHeader, TimestampType } from './batch/header.ts';
export { batchHeaderBytes, batchPrefixBytes } from './batch/layout.ts';
export { messageIdHeader, messageIdOf, peekMessageIds, peekMessageIdsInSlices } from './batch/message-ids.ts';
export {
  emptiedBatch,
  rebuildBatch,
  rebuildBatchInSlices,
  recompressBatch,
  recompressBatchInPool,
} from './batch/rebuild.ts';
export type { RebuildOptions, RecompressOptions } from './batch/rebuild.ts';
export type { RecordHeader, RecordInput, RecordViewHeader } from './batch/record.ts';
export { RecordCursor } from './batch/record-cursor.ts';
export type { RecordSource, RecordView } from './batch/record-view.ts';
export { iterateRecords, readRecords } from './batch/records.ts';
export type { RecordReader } from './batch/records.ts';
export type { IterateRecordsOptions } from './batch/records.ts';
export { openRecords } from './batch/section.ts';
export type { SliceOptions } from './batch/section.ts';
export { assignAppendTime, assignOffsets, stampProducer } from './batch/stamp.ts';
export type { ProducerStamp } from './batch/stamp.ts';
export { validateBatch, validateBatchInSlices } from './batch/validate.ts';
export type { ValidateBatchOptions } from './batch/validate.ts';
export { visitRecordsInSlices } from './batch/visit-records.ts';
export type { RecordVisitor } from './batch/visit-records.ts';

// ── Compression and checksum
export { Codec, codecName, codecNames, compress, decompress } from './compression/codec.ts';
export type { CodecName } from './compression/codec.ts';
export { crc32c } from './checksum/crc32c.ts';

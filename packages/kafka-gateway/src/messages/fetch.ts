/**
 * Fetch (1): batches as they are stored. Topics are named up to v12, and have their ids from v13 on.
 *
 *   request   0-14 replicaId int32 │ maxWaitMs int32 │ minBytes int32 │ maxBytes int32 │ isolationLevel int8
 *             │ 7+ sessionId int32 │ 7+ sessionEpoch int32
 *             │ topics [ 0-12 topic string │ 13+ topicId uuid │ partitions [ partition int32
 *               │ 9+ currentLeaderEpoch int32 │ fetchOffset int64 │ 12+ lastFetchedEpoch int32
 *               │ 5+ logStartOffset int64 │ partitionMaxBytes int32
 *               │ 17+ tag 0 replicaDirectoryId uuid │ 18+ tag 1 highWatermark int64 ] ]
 *             │ 7+ forgottenTopicsData [ 7-12 topic string │ 13+ topicId uuid │ partitions [ int32 ] ]
 *             │ 11+ rackId string │ 12+ tag 0 clusterId string?
 *             │ 15+ tag 1 replicaState { replicaId int32 │ replicaEpoch int64 }
 *   answer    throttleTimeMs int32 │ 7+ errorCode int16 │ 7+ sessionId int32
 *             │ responses [ 0-12 topic string │ 13+ topicId uuid │ partitions [ partitionIndex int32
 *               │ errorCode int16 │ highWatermark int64 │ lastStableOffset int64 │ 5+ logStartOffset int64
 *               │ abortedTransactions [ producerId int64 │ firstOffset int64 ]? │ 11+ preferredReadReplica int32
 *               │ records records?
 *               │ 12+ tag 0 divergingEpoch { epoch int32 │ endOffset int64 }
 *               │ 12+ tag 1 currentLeader { leaderId int32 │ leaderEpoch int32 }
 *               │ 12+ tag 2 snapshotId { endOffset int64 │ epoch int32 } ] ]
 *             │ 16+ tag 0 nodeEndpoints [ nodeId int32 │ host string │ port int32 │ rack string? ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int64, int64Clamped, int8, noUuid, records, string, uuid } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

const topicName = field(string, { until: 12, blank: '' });
const topicId = field(uuid, { since: 13, blank: noUuid });

const wantedPartition = struct({
  partition: int32,
  currentLeaderEpoch: field(int32, { since: 9, blank: -1 }),
  fetchOffset: int64Clamped,
  lastFetchedEpoch: field(int32, { since: 12, blank: -1 }),
  logStartOffset: field(int64Clamped, { since: 5, blank: -1 }),
  partitionMaxBytes: int32,
  replicaDirectoryId: field(uuid, { since: 17, tag: 0, blank: noUuid }),
  highWatermark: field(int64Clamped, { since: 18, tag: 1, blank: Number.MAX_SAFE_INTEGER }),
});

const answeredPartition = struct({
  partitionIndex: int32,
  errorCode: int16,
  highWatermark: int64,
  lastStableOffset: int64,
  logStartOffset: field(int64, { since: 5, blank: -1 }),
  abortedTransactions: nullable(array(struct({ producerId: int64, firstOffset: int64 }))),
  preferredReadReplica: field(int32, { since: 11, blank: -1 }),
  records: nullable(records),
  divergingEpoch: field(struct({ epoch: int32, endOffset: int64 }), {
    since: 12,
    tag: 0,
    blank: { epoch: -1, endOffset: -1 },
  }),
  currentLeader: field(struct({ leaderId: int32, leaderEpoch: int32 }), {
    since: 12,
    tag: 1,
    blank: { leaderId: -1, leaderEpoch: -1 },
  }),
  snapshotId: field(struct({ endOffset: int64, epoch: int32 }), {
    since: 12,
    tag: 2,
    blank: { endOffset: -1, epoch: -1 },
  }),
});

export const fetch = api({
  key: 1,
  name: 'Fetch',
  flexibleSince: 12,
  request: {
    replicaId: field(int32, { until: 14, blank: -1 }),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32,
    isolationLevel: int8,
    sessionId: field(int32, { since: 7, blank: 0 }),
    sessionEpoch: field(int32, { since: 7, blank: -1 }),
    topics: array(struct({ topic: topicName, topicId, partitions: array(wantedPartition) })),
    forgottenTopicsData: field(array(struct({ topic: topicName, topicId, partitions: array(int32) })), {
      since: 7,
      blank: [],
    }),
    rackId: field(string, { since: 11, blank: '' }),
    clusterId: field(nullable(string), { since: 12, tag: 0, blank: null }),
    replicaState: field(struct({ replicaId: int32, replicaEpoch: int64Clamped }), {
      since: 15,
      tag: 1,
      blank: { replicaId: -1, replicaEpoch: -1 },
    }),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: field(int16, { since: 7, blank: 0 }),
    sessionId: field(int32, { since: 7, blank: 0 }),
    responses: array(struct({ topic: topicName, topicId, partitions: array(answeredPartition) })),
    nodeEndpoints: field(array(struct({ nodeId: int32, host: string, port: int32, rack: nullable(string) })), {
      since: 16,
      tag: 0,
      blank: [],
    }),
  },
});

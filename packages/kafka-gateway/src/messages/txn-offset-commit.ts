/**
 * TxnOffsetCommit (28): how far a group has come once the transaction commits. Topics have ids instead of names from
 * version 6 on.
 *
 *   request   transactionalId string │ groupId string │ producerId int64 │ producerEpoch int16
 *             │ 3+ generationId int32 │ 3+ memberId string │ 3+ groupInstanceId string?
 *             │ topics [ 0-5 name string │ 6+ topicId uuid
 *                      │ partitions [ partitionIndex int32 │ committedOffset int64 │ 2+ committedLeaderEpoch int32
 *                                   │ committedMetadata string? ] ]
 *   answer    throttleTimeMs int32
 *             │ topics [ 0-5 name string │ 6+ topicId uuid │ partitions [ partitionIndex int32 │ errorCode int16 ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int64, noUuid, string, uuid } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const txnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  flexibleSince: 3,
  request: {
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    generationId: field(int32, { since: 3, blank: -1 }),
    memberId: field(string, { since: 3, blank: '' }),
    groupInstanceId: field(nullable(string), { since: 3, blank: null }),
    topics: array(
      struct({
        name: field(string, { until: 5, blank: '' }),
        topicId: field(uuid, { since: 6, blank: noUuid }),
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: field(int32, { since: 2, blank: -1 }),
            committedMetadata: nullable(string),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    topics: array(
      struct({
        name: field(string, { until: 5, blank: '' }),
        topicId: field(uuid, { since: 6, blank: noUuid }),
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
      }),
    ),
  },
});

/**
 * OffsetCommit (8): keeps how far a group has come. Topics have ids instead of names from version 10 on.
 *
 *   request   groupId string │ generationIdOrMemberEpoch int32 │ memberId string │ 7+ groupInstanceId string?
 *             │ 2-4 retentionTimeMs int64
 *             │ topics [ 0-9 name string │ 10+ topicId uuid
 *                      │ partitions [ partitionIndex int32 │ committedOffset int64 │ 6+ committedLeaderEpoch int32
 *                                   │ committedMetadata string? ] ]
 *   answer    3+ throttleTimeMs int32
 *             │ topics [ 0-9 name string │ 10+ topicId uuid │ partitions [ partitionIndex int32 │ errorCode int16 ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int64, noUuid, string, uuid } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  flexibleSince: 8,
  request: {
    groupId: string,
    generationIdOrMemberEpoch: int32,
    memberId: string,
    groupInstanceId: field(nullable(string), { since: 7, blank: null }),
    retentionTimeMs: field(int64, { since: 2, until: 4, blank: -1 }),
    topics: array(
      struct({
        name: field(string, { until: 9, blank: '' }),
        topicId: field(uuid, { since: 10, blank: noUuid }),
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: field(int32, { since: 6, blank: -1 }),
            committedMetadata: nullable(string),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: field(int32, { since: 3, blank: 0 }),
    topics: array(
      struct({
        name: field(string, { until: 9, blank: '' }),
        topicId: field(uuid, { since: 10, blank: noUuid }),
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
      }),
    ),
  },
});

/**
 * OffsetFetch (9): how far groups have come; one group up to version 7, several from version 8 on. Null topics: all.
 * Topics have ids instead of names from version 10 on.
 *
 *   request   0-7 groupId string │ 0-7 topics [ name string │ partitionIndexes [ int32 ] ], from 2 on ?
 *             │ 8+ groups [ groupId string │ 9+ memberId string? │ 9+ memberEpoch int32
 *                         │ topics [ 8-9 name string │ 10+ topicId uuid │ partitionIndexes [ int32 ] ]? ]
 *             │ 7+ requireStable bool
 *   answer    3+ throttleTimeMs int32
 *             │ 0-7 topics [ name string │ partitions [ PARTITION ] ] │ 2-7 errorCode int16
 *             │ 8+ groups [ groupId string │ topics [ 8-9 name string │ 10+ topicId uuid │ partitions [ PARTITION ] ]
 *                         │ errorCode int16 ]
 *   PARTITION partitionIndex int32 │ committedOffset int64 │ 5+ committedLeaderEpoch int32 │ metadata string?
 *             │ errorCode int16
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, int64, noUuid, string, uuid } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

const partitions = array(
  struct({
    partitionIndex: int32,
    committedOffset: int64,
    committedLeaderEpoch: field(int32, { since: 5, blank: -1 }),
    metadata: nullable(string),
    errorCode: int16,
  }),
);
const topicName = field(string, { until: 9, blank: '' });
const topicId = field(uuid, { since: 10, blank: noUuid });

export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  flexibleSince: 6,
  request: {
    groupId: field(string, { until: 7, blank: '' }),
    topics: field(nullable(array(struct({ name: string, partitionIndexes: array(int32) })), { since: 2 }), {
      until: 7,
      blank: null,
    }),
    groups: field(
      array(
        struct({
          groupId: string,
          memberId: field(nullable(string), { since: 9, blank: null }),
          memberEpoch: field(int32, { since: 9, blank: -1 }),
          topics: nullable(array(struct({ name: topicName, topicId, partitionIndexes: array(int32) }))),
        }),
      ),
      { since: 8, blank: [] },
    ),
    requireStable: field(bool, { since: 7, blank: false }),
  },
  response: {
    throttleTimeMs: field(int32, { since: 3, blank: 0 }),
    topics: field(array(struct({ name: string, partitions })), { until: 7, blank: [] }),
    errorCode: field(int16, { since: 2, until: 7, blank: 0 }),
    groups: field(
      array(
        struct({ groupId: string, topics: array(struct({ name: topicName, topicId, partitions })), errorCode: int16 }),
      ),
      { since: 8, blank: [] },
    ),
  },
});

/**
 * OffsetForLeaderEpoch (23): where the records of a leader epoch end.
 *
 *   request   3+ replicaId int32
 *             │ topics [ topic string │ partitions [ partition int32 │ currentLeaderEpoch int32 │ leaderEpoch int32 ] ]
 *   answer    throttleTimeMs int32
 *             │ topics [ topic string │ partitions [ errorCode int16 │ partition int32 │ leaderEpoch int32
 *               │ endOffset int64 ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int64, string } from '../wire/scalars.ts';
import { field, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  flexibleSince: 4,
  request: {
    replicaId: field(int32, { since: 3, blank: -2 }),
    topics: array(
      struct({
        topic: string,
        partitions: array(struct({ partition: int32, currentLeaderEpoch: int32, leaderEpoch: int32 })),
      }),
    ),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    topics: array(
      struct({
        topic: string,
        partitions: array(struct({ errorCode: int16, partition: int32, leaderEpoch: int32, endOffset: int64 })),
      }),
    ),
  },
});

/**
 * ListOffsets (2): the offset of a time, or of one of the places that negative times stand for (`specialTimes`).
 *
 *   request   replicaId int32 │ 2+ isolationLevel int8
 *             │ topics [ name string │ partitions [ partitionIndex int32 │ 4+ currentLeaderEpoch int32
 *               │ timestamp int64 ] ]
 *             │ 10+ timeoutMs int32
 *   answer    2+ throttleTimeMs int32
 *             │ topics [ name string │ partitions [ partitionIndex int32 │ errorCode int16 │ timestamp int64
 *               │ offset int64 │ 4+ leaderEpoch int32 ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int64, int64Clamped, int8, string } from '../wire/scalars.ts';
import { field, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  flexibleSince: 6,
  request: {
    replicaId: int32,
    isolationLevel: field(int8, { since: 2, blank: 0 }),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            currentLeaderEpoch: field(int32, { since: 4, blank: -1 }),
            timestamp: int64Clamped,
          }),
        ),
      }),
    ),
    timeoutMs: field(int32, { since: 10, blank: 0 }),
  },
  response: {
    throttleTimeMs: field(int32, { since: 2, blank: 0 }),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            timestamp: int64,
            offset: int64,
            leaderEpoch: field(int32, { since: 4, blank: -1 }),
          }),
        ),
      }),
    ),
  },
});

/**
 * Produce (0): batches in, and what became of each. Without acks (0) there is no answer.
 *
 *   request   3+ transactionalId string? │ acks int16 │ timeoutMs int32
 *             │ topicData [ 0-12 name string │ 13+ topicId uuid │ partitionData [ index int32 │ records records? ] ]
 *   answer    responses [ 0-12 name string │ 13+ topicId uuid
 *                         │ partitionResponses [ index int32 │ errorCode int16 │ baseOffset int64
 *                             │ 2+ logAppendTimeMs int64 │ 5+ logStartOffset int64
 *                             │ 8+ recordErrors [ batchIndex int32 │ batchIndexErrorMessage string? ]
 *                             │ 8+ errorMessage string?
 *                             │ 10+ tag 0 currentLeader { leaderId int32 │ leaderEpoch int32 } ] ]
 *             │ 1+ throttleTimeMs int32
 *             │ 10+ tag 0 nodeEndpoints [ nodeId int32 │ host string │ port int32 │ rack string? ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int64, noUuid, records, string, uuid } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const produce = api({
  key: 0,
  name: 'Produce',
  flexibleSince: 9,
  request: {
    transactionalId: field(nullable(string), { since: 3, blank: null }),
    acks: int16,
    timeoutMs: int32,
    topicData: array(
      struct({
        name: field(string, { until: 12, blank: '' }),
        topicId: field(uuid, { since: 13, blank: noUuid }),
        partitionData: array(struct({ index: int32, records: nullable(records) })),
      }),
    ),
  },
  response: {
    responses: array(
      struct({
        name: field(string, { until: 12, blank: '' }),
        topicId: field(uuid, { since: 13, blank: noUuid }),
        partitionResponses: array(
          struct({
            index: int32,
            errorCode: int16,
            baseOffset: int64,
            logAppendTimeMs: field(int64, { since: 2, blank: -1 }),
            logStartOffset: field(int64, { since: 5, blank: -1 }),
            recordErrors: field(array(struct({ batchIndex: int32, batchIndexErrorMessage: nullable(string) })), {
              since: 8,
              blank: [],
            }),
            errorMessage: field(nullable(string), { since: 8, blank: null }),
            currentLeader: field(struct({ leaderId: int32, leaderEpoch: int32 }), {
              since: 10,
              tag: 0,
              blank: { leaderId: -1, leaderEpoch: -1 },
            }),
          }),
        ),
      }),
    ),
    throttleTimeMs: field(int32, { since: 1, blank: 0 }),
    nodeEndpoints: field(array(struct({ nodeId: int32, host: string, port: int32, rack: nullable(string) })), {
      since: 10,
      tag: 0,
      blank: [],
    }),
  },
});

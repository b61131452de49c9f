/**
 * CreateTopics (19): makes topics. From version 5 on the answer tells what each topic came to.
 *
 *   request   topics [ name string │ numPartitions int32 │ replicationFactor int16
 *               │ assignments [ partitionIndex int32 │ brokerIds [ int32 ] ] │ configs [ name string │ value string? ] ]
 *             │ timeoutMs int32 │ validateOnly bool
 *   answer    throttleTimeMs int32
 *             │ topics [ name string │ 7+ topicId uuid │ errorCode int16 │ errorMessage string?
 *               │ 5+ tag 0 topicConfigErrorCode int16 │ 5+ numPartitions int32 │ 5+ replicationFactor int16
 *               │ 5+ configs [ name string │ value string? │ readOnly bool │ configSource int8 │ isSensitive bool ]? ]
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, int8, noUuid, string, uuid } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

const createdConfig = struct({
  name: string,
  value: nullable(string),
  readOnly: bool,
  configSource: int8,
  isSensitive: bool,
});

export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  flexibleSince: 5,
  request: {
    topics: array(
      struct({
        name: string,
        numPartitions: int32,
        replicationFactor: int16,
        assignments: field(array(struct({ partitionIndex: int32, brokerIds: array(int32) })), { blank: [] }),
        configs: field(array(struct({ name: string, value: nullable(string) })), { blank: [] }),
      }),
    ),
    timeoutMs: int32,
    validateOnly: field(bool, { blank: false }),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    topics: array(
      struct({
        name: string,
        topicId: field(uuid, { since: 7, blank: noUuid }),
        errorCode: int16,
        errorMessage: field(nullable(string), { blank: null }),
        topicConfigErrorCode: field(int16, { since: 5, tag: 0, blank: 0 }),
        numPartitions: field(int32, { since: 5, blank: -1 }),
        replicationFactor: field(int16, { since: 5, blank: -1 }),
        configs: field(nullable(array(createdConfig)), { since: 5, blank: null }),
      }),
    ),
  },
});

/**
 * DeleteTopics (20): deletes topics with their data; from version 6 on by name or by id.
 *
 *   request   6+ topics [ name string? │ topicId uuid ] │ up to 5 topicNames [ string ] │ timeoutMs int32
 *   answer    throttleTimeMs int32
 *             │ responses [ name string (6+ string?) │ 6+ topicId uuid │ errorCode int16 │ 5+ errorMessage string? ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, noUuid, string, uuid } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  flexibleSince: 4,
  request: {
    topics: field(array(struct({ name: nullable(string), topicId: field(uuid, { blank: noUuid }) })), {
      since: 6,
      blank: [],
    }),
    topicNames: field(array(string), { until: 5, blank: [] }),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    responses: array(
      struct({
        name: nullable(string, { since: 6 }),
        topicId: field(uuid, { since: 6, blank: noUuid }),
        errorCode: int16,
        errorMessage: field(nullable(string), { since: 5, blank: null }),
      }),
    ),
  },
});

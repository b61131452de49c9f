/**
 * FindCoordinator (10): which broker a group (0), a transactional id (1) or a share partition (2) is asked of; several
 * keys at once from version 4 on.
 *
 *   request   0-3 key string │ 1+ keyType int8 │ 4+ coordinatorKeys [ string ]
 *   answer    1+ throttleTimeMs int32 │ 0-3 errorCode int16 │ 1-3 errorMessage string? │ 0-3 nodeId int32
 *             │ 0-3 host string │ 0-3 port int32
 *             │ 4+ coordinators [ key string │ nodeId int32 │ host string │ port int32 │ errorCode int16
 *                               │ errorMessage string? ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int8, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  flexibleSince: 3,
  request: {
    key: field(string, { until: 3, blank: '' }),
    keyType: field(int8, { since: 1, blank: 0 }),
    coordinatorKeys: field(array(string), { since: 4, blank: [] }),
  },
  response: {
    throttleTimeMs: field(int32, { since: 1, blank: 0 }),
    errorCode: field(int16, { until: 3, blank: 0 }),
    errorMessage: field(nullable(string), { since: 1, until: 3, blank: null }),
    nodeId: field(int32, { until: 3, blank: -1 }),
    host: field(string, { until: 3, blank: '' }),
    port: field(int32, { until: 3, blank: -1 }),
    coordinators: field(
      array(
        struct({
          key: string,
          nodeId: int32,
          host: string,
          port: int32,
          errorCode: int16,
          errorMessage: nullable(string),
        }),
      ),
      { since: 4, blank: [] },
    ),
  },
});

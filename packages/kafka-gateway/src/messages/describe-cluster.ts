/**
 * DescribeCluster (60): the brokers, or the controllers, of the cluster.
 *
 *   request   includeClusterAuthorizedOperations bool │ 1+ endpointType int8 │ 2+ includeFencedBrokers bool
 *   answer    throttleTimeMs int32 │ errorCode int16 │ errorMessage string? │ 1+ endpointType int8 │ clusterId string
 *             │ controllerId int32
 *             │ brokers [ brokerId int32 │ host string │ port int32 │ rack string? │ 2+ isFenced bool ]
 *             │ clusterAuthorizedOperations int32
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, int8, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const describeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  flexibleSince: 0,
  request: {
    includeClusterAuthorizedOperations: bool,
    endpointType: field(int8, { since: 1, blank: 1 }),
    includeFencedBrokers: field(bool, { since: 2, blank: false }),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: int16,
    errorMessage: field(nullable(string), { blank: null }),
    endpointType: field(int8, { since: 1, blank: 1 }),
    clusterId: string,
    controllerId: int32,
    brokers: array(
      struct({
        brokerId: int32,
        host: string,
        port: int32,
        rack: field(nullable(string), { blank: null }),
        isFenced: field(bool, { since: 2, blank: false }),
      }),
    ),
    clusterAuthorizedOperations: field(int32, { blank: -0x8000_0000 }),
  },
});

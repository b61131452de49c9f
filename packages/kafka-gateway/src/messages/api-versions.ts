/**
 * ApiVersions (18): which APIs the broker serves. The header of its answer never has tagged fields, so that a client
 * can read it whatever it knows.
 *
 *   request   3+ clientSoftwareName string │ 3+ clientSoftwareVersion string
 *             │ 5+ clusterId string? │ 5+ nodeId int32
 *   answer    errorCode int16 │ apiKeys [ apiKey int16 │ minVersion int16 │ maxVersion int16 ] │ 1+ throttleTimeMs int32
 *             │ 3+ tag 0 supportedFeatures [ name string │ minVersion int16 │ maxVersion int16 ]
 *             │ 3+ tag 1 finalizedFeaturesEpoch int64
 *             │ 3+ tag 2 finalizedFeatures [ name string │ maxVersionLevel int16 │ minVersionLevel int16 ]
 *             │ 3+ tag 3 zkMigrationReady bool
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, int64, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  flexibleSince: 3,
  request: {
    clientSoftwareName: field(string, { since: 3, blank: '' }),
    clientSoftwareVersion: field(string, { since: 3, blank: '' }),
    clusterId: field(nullable(string), { since: 5, blank: null }),
    nodeId: field(int32, { since: 5, blank: -1 }),
  },
  response: {
    errorCode: int16,
    apiKeys: array(struct({ apiKey: int16, minVersion: int16, maxVersion: int16 })),
    throttleTimeMs: field(int32, { since: 1, blank: 0 }),
    supportedFeatures: field(array(struct({ name: string, minVersion: int16, maxVersion: int16 })), {
      since: 3,
      tag: 0,
      blank: [],
    }),
    finalizedFeaturesEpoch: field(int64, { since: 3, tag: 1, blank: -1 }),
    finalizedFeatures: field(array(struct({ name: string, maxVersionLevel: int16, minVersionLevel: int16 })), {
      since: 3,
      tag: 2,
      blank: [],
    }),
    zkMigrationReady: field(bool, { since: 3, tag: 3, blank: false }),
  },
});

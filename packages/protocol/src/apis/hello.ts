import { array } from '../schema/array.ts';
import { i16, i32, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** 'QLOG' in ASCII: what every HELLO begins with. Frozen. */
export const helloMagic = 0x514c4f47;

/** The body of a request HELLO. */
export interface HelloRequest {
  /** Always {@link helloMagic}. */
  readonly magic: number;
  /** Name of the program, for logs and metrics. */
  readonly clientId: string;
  readonly software: string;
  readonly softwareVersion: string;
}

/** The body of the answer to HELLO. */
export interface HelloResponse {
  readonly brokerId: number;
  readonly clusterId: string;
  readonly software: string;
  readonly softwareVersion: string;
  /** Largest frame that the broker accepts from now on, without its length field. */
  readonly frameBytesMax: number;
  /** Most requests that may be unanswered on this connection. */
  readonly requestsInFlightMax: number;
  readonly features: readonly string[];
  /** Ways to authenticate; empty when none is needed. */
  readonly authMechanisms: readonly string[];
  readonly apis: readonly ApiVersionRange[];
}

/** The versions of one API that a broker speaks. */
export interface ApiVersionRange {
  readonly key: number;
  readonly min: number;
  readonly max: number;
}

const helloRequest: Struct<HelloRequest> = struct('HelloRequest', {
  magic: field(i32, "0x514c4f47, 'QLOG' in ASCII: tells this protocol from others."),
  clientId: field(string, 'Name of the program, for logs and metrics; may be empty.'),
  software: field(string, 'Name of the client library.'),
  softwareVersion: field(string, 'Version of the client library.'),
});

const apiVersionRange: Struct<ApiVersionRange> = struct('ApiVersionRange', {
  key: field(i16, 'API key.'),
  min: field(i16, 'Lowest version that the broker speaks.'),
  max: field(i16, 'Highest version that the broker speaks.'),
});

const helloResponse: Struct<HelloResponse> = struct('HelloResponse', {
  brokerId: field(i32, 'Id of the broker that answers.'),
  clusterId: field(string, 'Id of the cluster; never changes.'),
  software: field(string, 'Name of the broker software.'),
  softwareVersion: field(string, 'Version of the broker software.'),
  frameBytesMax: field(i32, 'Largest frame that the broker accepts from now on, in bytes without the length field.'),
  requestsInFlightMax: field(i32, 'Most requests that may be unanswered on this connection at once.'),
  features: field(array(string), 'Optional abilities of the broker; ignore names that you do not know.'),
  authMechanisms: field(array(string), 'Ways to authenticate; empty when none is needed.'),
  apis: field(array(apiVersionRange), 'Every API that the broker speaks, with its versions.'),
});

/** Opens a connection: settles versions, limits, features and authentication. */
export const Hello: Api<HelloRequest, HelloResponse> = {
  key: 0,
  name: 'HELLO',
  versions: { min: 0, max: 0 },
  request: helloRequest,
  response: helloResponse,
  doc: 'Opens a connection: settles versions, limits, features and authentication. It must be the first request, and nothing may follow before its answer.',
};

import { bytes } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request PING. */
export interface PingRequest {
  readonly payload: Buffer;
}

/** The body of the answer to PING. */
export interface PingResponse {
  readonly payload: Buffer;
}

const pingRequest: Struct<PingRequest> = struct('PingRequest', {
  payload: field(bytes, 'Anything; may be empty.'),
});

const pingResponse: Struct<PingResponse> = struct('PingResponse', {
  payload: field(bytes, 'The payload of the request.'),
});

/** Asks for a sign of life. */
export const Ping: Api<PingRequest, PingResponse> = {
  key: 14,
  name: 'PING',
  versions: { min: 0, max: 0 },
  request: pingRequest,
  response: pingResponse,
  doc: 'Asks for a sign of life: the payload comes back.',
};

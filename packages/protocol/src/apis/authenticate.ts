import { bool, bytes, i64, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request AUTHENTICATE. */
export interface AuthenticateRequest {
  /** One of `authMechanisms` of the answer to HELLO; the same in every message of an exchange. */
  readonly mechanism: string;
  /** The next message of the mechanism, as its RFC has it. */
  readonly message: Buffer;
}

/** The body of the answer to AUTHENTICATE. */
export interface AuthenticateResponse {
  /** What the broker says to it; empty where the mechanism has no answer. */
  readonly message: Buffer;
  /** False: the mechanism has another message. */
  readonly isDone: boolean;
  /** Who the connection is of from now on, as access rules name it; empty while it is not done. */
  readonly principal: string;
  /** For how long that holds, in ms; 0 = as long as the connection. The client authenticates again before. */
  readonly lifetimeMs: number;
}

const authenticateRequest: Struct<AuthenticateRequest> = struct('AuthenticateRequest', {
  mechanism: field(string, 'One of the mechanisms that the answer to HELLO names; the same in each message.'),
  message: field(bytes, 'The next message of the mechanism, as its RFC has it.'),
});

const authenticateResponse: Struct<AuthenticateResponse> = struct('AuthenticateResponse', {
  message: field(bytes, 'What the broker says to it; empty where the mechanism has no answer.'),
  isDone: field(bool, 'The exchange is over; false: the mechanism has another message.'),
  principal: field(string, 'Who the connection is of from now on, such as User:alice; empty while it is not done.'),
  lifetimeMs: field(i64, 'For how long that holds, in milliseconds; 0 = as long as the connection.'),
});

/** Shows who a connection is of, message by message. */
export const Authenticate: Api<AuthenticateRequest, AuthenticateResponse> = {
  key: 24,
  name: 'AUTHENTICATE',
  versions: { min: 0, max: 0 },
  request: authenticateRequest,
  response: authenticateResponse,
  doc: 'Shows who the connection is of, by a SASL mechanism that the answer to HELLO names. A later exchange prolongs it, for the same principal.',
};

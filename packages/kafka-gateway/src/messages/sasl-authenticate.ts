/**
 * SaslAuthenticate (36): one message of the mechanism, and the answer to it.
 *
 *   request   authBytes bytes
 *   answer    errorCode int16 │ errorMessage string? │ authBytes bytes │ 1+ sessionLifetimeMs int64
 */
import { bytes, int16, int64, string } from '../wire/scalars.ts';
import { field, nullable } from '../wire/struct.ts';
import { api } from './api.ts';

export const saslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  flexibleSince: 2,
  request: { authBytes: bytes },
  response: {
    errorCode: int16,
    errorMessage: nullable(string),
    authBytes: bytes,
    sessionLifetimeMs: field(int64, { since: 1, blank: 0 }),
  },
});

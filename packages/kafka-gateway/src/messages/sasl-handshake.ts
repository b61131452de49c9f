/**
 * SaslHandshake (17): a client chooses how it will show who it is.
 *
 *   request   mechanism string
 *   answer    errorCode int16 │ mechanisms [ string ]
 */
import { array } from '../wire/array.ts';
import { int16, string } from '../wire/scalars.ts';
import { api } from './api.ts';

export const saslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  flexibleSince: Infinity,
  request: { mechanism: string },
  response: { errorCode: int16, mechanisms: array(string) },
});

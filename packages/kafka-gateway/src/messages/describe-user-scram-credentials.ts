/**
 * DescribeUserScramCredentials (50): which users have a password, by which mechanisms and with how many iterations.
 *
 *   request   users [ name string ]?
 *   answer    throttleTimeMs int32 │ errorCode int16 │ errorMessage string?
 *             │ results [ user string │ errorCode int16 │ errorMessage string?
 *               │ credentialInfos [ mechanism int8 │ iterations int32 ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int8, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const describeUserScramCredentials = api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  flexibleSince: 0,
  request: { users: nullable(array(struct({ name: string }))) },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: int16,
    errorMessage: field(nullable(string), { blank: null }),
    results: array(
      struct({
        user: string,
        errorCode: field(int16, { blank: 0 }),
        errorMessage: field(nullable(string), { blank: null }),
        credentialInfos: array(struct({ mechanism: int8, iterations: int32 })),
      }),
    ),
  },
});

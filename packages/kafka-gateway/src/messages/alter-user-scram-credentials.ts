/**
 * AlterUserScramCredentials (51): sets and takes away passwords. A client salts and hashes them itself.
 *
 *   request   deletions [ name string │ mechanism int8 ]
 *             │ upsertions [ name string │ mechanism int8 │ iterations int32 │ salt bytes │ saltedPassword bytes ]
 *   answer    throttleTimeMs int32 │ results [ user string │ errorCode int16 │ errorMessage string? ]
 */
import { array } from '../wire/array.ts';
import { bytes, int16, int32, int8, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const alterUserScramCredentials = api({
  key: 51,
  name: 'AlterUserScramCredentials',
  flexibleSince: 0,
  request: {
    deletions: array(struct({ name: string, mechanism: int8 })),
    upsertions: array(struct({ name: string, mechanism: int8, iterations: int32, salt: bytes, saltedPassword: bytes })),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    results: array(struct({ user: string, errorCode: int16, errorMessage: field(nullable(string), { blank: null }) })),
  },
});

import type { Struct } from '../schema/struct.ts';

/** The names of all APIs. */
export type ApiName =
  | 'HELLO'
  | 'PRODUCE'
  | 'FETCH'
  | 'METADATA'
  | 'LIST_OFFSETS'
  | 'CREATE_TOPIC'
  | 'DELETE_TOPIC'
  | 'LIST_TOPICS'
  | 'DESCRIBE_TOPIC'
  | 'ALTER_TOPIC'
  | 'ADD_PARTITIONS'
  | 'DELETE_RECORDS'
  | 'INIT_PRODUCER'
  | 'STATS'
  | 'PING'
  | 'GROUP_HEARTBEAT'
  | 'COMMIT_OFFSET'
  | 'FETCH_OFFSET'
  | 'LIST_GROUPS'
  | 'DESCRIBE_GROUP'
  | 'DELETE_GROUP'
  | 'RESET_OFFSETS'
  | 'DELETE_OFFSETS'
  | 'REOPEN_PARTITIONS'
  | 'AUTHENTICATE'
  | 'END_TRANSACTION'
  | 'STAGE_OFFSETS';

/** One API: a request, its answer, and the versions of both that this package speaks. */
export interface Api<Q, A> {
  /** The number on the wire. Frozen. */
  readonly key: number;
  readonly name: ApiName;
  readonly versions: { readonly min: number; readonly max: number };
  readonly request: Struct<Q>;
  readonly response: Struct<A>;
  readonly doc: string;
}

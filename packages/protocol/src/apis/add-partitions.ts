import { bool, i32, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request ADD_PARTITIONS. */
export interface AddPartitionsRequest {
  readonly name: string;
  /** The new total, larger than the current one. */
  readonly partitions: number;
  /** Check everything, change nothing. */
  readonly validateOnly: boolean;
}

/** The body of the answer to ADD_PARTITIONS. */
export interface AddPartitionsResponse {
  readonly partitions: number;
}

const addPartitionsRequest: Struct<AddPartitionsRequest> = struct('AddPartitionsRequest', {
  name: field(string, 'Topic name.'),
  partitions: field(i32, 'The new total, larger than the current one.'),
  validateOnly: field(bool, 'Check everything, change nothing.'),
});

const addPartitionsResponse: Struct<AddPartitionsResponse> = struct('AddPartitionsResponse', {
  partitions: field(i32, 'The partition count afterwards.'),
});

/** Gives a topic more partitions. */
export const AddPartitions: Api<AddPartitionsRequest, AddPartitionsResponse> = {
  key: 10,
  name: 'ADD_PARTITIONS',
  versions: { min: 0, max: 0 },
  request: addPartitionsRequest,
  response: addPartitionsResponse,
  doc: 'Gives a topic more partitions. Keys may go to other partitions from then on.',
};

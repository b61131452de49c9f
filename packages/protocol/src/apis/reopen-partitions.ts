import { array } from '../schema/array.ts';
import { i16, i32, nullableString, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request REOPEN_PARTITIONS. */
export interface ReopenPartitionsRequest {
  readonly name: string;
  /** Empty: all that are in trouble. */
  readonly partitions: readonly number[];
}

/** The body of the answer to REOPEN_PARTITIONS. */
export interface ReopenPartitionsResponse {
  readonly partitions: readonly ReopenedPartition[];
}

/** A partition after it was opened again. */
export interface ReopenedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const reopenPartitionsRequest: Struct<ReopenPartitionsRequest> = struct('ReopenPartitionsRequest', {
  name: field(string, 'Topic name.'),
  partitions: field(array(i32), 'Partition numbers; empty = all that are in trouble.'),
});

const reopenedPartition: Struct<ReopenedPartition> = struct('ReopenedPartition', {
  partition: field(i32, 'Partition number.'),
  errorCode: field(i16, '0, or what is wrong with the partition all the same.'),
  errorMessage: field(nullableString, 'The error in words; null without one.'),
});

const reopenPartitionsResponse: Struct<ReopenPartitionsResponse> = struct('ReopenPartitionsResponse', {
  partitions: field(
    array(reopenedPartition),
    'One entry per partition that was named, or that was in trouble, in ascending order.',
  ),
});

/** Opens partitions again that are in trouble. */
export const ReopenPartitions: Api<ReopenPartitionsRequest, ReopenPartitionsResponse> = {
  key: 23,
  name: 'REOPEN_PARTITIONS',
  versions: { min: 0, max: 0 },
  request: reopenPartitionsRequest,
  response: reopenPartitionsResponse,
  doc: 'Opens partitions again that could not be opened, or were set aside because stored data is damaged. One without trouble is left as it is.',
};

import { array } from '../schema/array.ts';
import { i16, i32, i64, nullableString, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request DELETE_RECORDS. */
export interface DeleteRecordsRequest {
  readonly name: string;
  readonly partitions: readonly DeleteRecordsRequestPartition[];
}

/** One partition of a request. */
export interface DeleteRecordsRequestPartition {
  readonly partition: number;
  /** First offset to keep; -1 = the high watermark, i.e. delete everything. */
  readonly beforeOffset: number;
}

/** The body of the answer to DELETE_RECORDS. */
export interface DeleteRecordsResponse {
  readonly partitions: readonly DeleteRecordsResponsePartition[];
}

/** One partition of an answer. Error code 0: it went well. */
export interface DeleteRecordsResponsePartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly logStartOffset: number;
}

const requestPartition: Struct<DeleteRecordsRequestPartition> = struct('DeleteRecordsRequestPartition', {
  partition: field(i32, 'Partition number.'),
  beforeOffset: field(i64, 'First offset to keep; -1 = the high watermark, that is, delete everything.'),
});

const deleteRecordsRequest: Struct<DeleteRecordsRequest> = struct('DeleteRecordsRequest', {
  name: field(string, 'Topic name.'),
  partitions: field(array(requestPartition), 'Partitions to trim.'),
});

const responsePartition: Struct<DeleteRecordsResponsePartition> = struct('DeleteRecordsResponsePartition', {
  partition: field(i32, 'Partition number.'),
  errorCode: field(i16, '0, or why the partition was not trimmed.'),
  errorMessage: field(nullableString, 'The error in words; null without one.'),
  logStartOffset: field(i64, 'First offset that is kept; -1 with an error.'),
});

const deleteRecordsResponse: Struct<DeleteRecordsResponse> = struct('DeleteRecordsResponse', {
  partitions: field(array(responsePartition), 'One entry per partition of the request, in its order.'),
});

/** Deletes the records before an offset. */
export const DeleteRecords: Api<DeleteRecordsRequest, DeleteRecordsResponse> = {
  key: 11,
  name: 'DELETE_RECORDS',
  versions: { min: 0, max: 0 },
  request: deleteRecordsRequest,
  response: deleteRecordsResponse,
  doc: 'Deletes the records before an offset. They cannot be read any more at once; their space is given back segment by segment.',
};

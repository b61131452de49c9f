import { i32, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request DELETE_GROUP. */
export interface DeleteGroupRequest {
  readonly groupId: string;
}

/** The body of the answer to DELETE_GROUP. */
export interface DeleteGroupResponse {
  /** Committed offsets that went with it. */
  readonly offsets: number;
}

const request: Struct<DeleteGroupRequest> = struct('DeleteGroupRequest', {
  groupId: field(string, 'Group id.'),
});

const response: Struct<DeleteGroupResponse> = struct('DeleteGroupResponse', {
  offsets: field(i32, 'Committed offsets that went with it.'),
});

/** Deletes a consumer group with its offsets. */
export const DeleteGroup: Api<DeleteGroupRequest, DeleteGroupResponse> = {
  key: 20,
  name: 'DELETE_GROUP',
  versions: { min: 0, max: 0 },
  request,
  response,
  doc: 'Deletes a consumer group that has no members, with all its offsets.',
};

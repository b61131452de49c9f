import { array } from '../schema/array.ts';
import { i32, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request LIST_GROUPS. */
export interface ListGroupsRequest {
  /** Only groups whose id begins so; empty: all. */
  readonly prefix: string;
}

/** The body of the answer to LIST_GROUPS. */
export interface ListGroupsResponse {
  readonly groups: readonly ListedGroup[];
}

/** A group in one line of a list. */
export interface ListedGroup {
  readonly groupId: string;
  /** `empty`, `assigning`, `reconciling` or `stable`. */
  readonly state: string;
  readonly members: number;
  /** Partitions with a committed offset. */
  readonly offsets: number;
}

const request: Struct<ListGroupsRequest> = struct('ListGroupsRequest', {
  prefix: field(string, 'Only groups whose id begins so; empty = all.'),
});

const listedGroup: Struct<ListedGroup> = struct('ListedGroup', {
  groupId: field(string, 'Group id.'),
  state: field(string, '"empty", "assigning", "reconciling" or "stable".'),
  members: field(i32, 'Members.'),
  offsets: field(i32, 'Partitions with a committed offset.'),
});

const response: Struct<ListGroupsResponse> = struct('ListGroupsResponse', {
  groups: field(array(listedGroup), 'The groups, in the order of their ids.'),
});

/** Lists the consumer groups. */
export const ListGroups: Api<ListGroupsRequest, ListGroupsResponse> = {
  key: 18,
  name: 'LIST_GROUPS',
  versions: { min: 0, max: 0 },
  request,
  response,
  doc: 'Lists the consumer groups with their states.',
};

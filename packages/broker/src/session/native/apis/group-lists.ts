/**
 * LIST_GROUPS, DESCRIBE_GROUP and DELETE_GROUP (row G3).
 */
import { DeleteGroup, DescribeGroup, ListGroups } from '@q/protocol';
import type {
  DeleteGroupRequest,
  DeleteGroupResponse,
  DescribeGroupRequest,
  DescribeGroupResponse,
  ListGroupsRequest,
  ListGroupsResponse,
} from '@q/protocol';
import type { Groups } from '../../../services/groups/groups.ts';
import type { OffsetChanges } from '../../../services/groups/offset-changes.ts';
import type { Handler } from '../handler.ts';

export function listGroupsHandler(groups: Pick<Groups, 'list'>): Handler<ListGroupsRequest, ListGroupsResponse> {
  return { api: ListGroups, handle: ({ prefix }) => ({ groups: groups.list(prefix) }) };
}

export function describeGroupHandler(
  groups: Pick<Groups, 'describe'>,
): Handler<DescribeGroupRequest, DescribeGroupResponse> {
  return { api: DescribeGroup, handle: ({ groupId }) => groups.describe(groupId) };
}

export function deleteGroupHandler(
  changes: Pick<OffsetChanges, 'deleteGroup'>,
): Handler<DeleteGroupRequest, DeleteGroupResponse> {
  return {
    api: DeleteGroup,
    handle: async ({ groupId }) => ({ offsets: await changes.deleteGroup(groupId) }),
  };
}

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
import type { Services } from '../../../services/services.ts';
import type { Handler } from '../handler.ts';

export function listGroupsHandler(
  groups: Pick<Services['groups'], 'list'>,
): Handler<ListGroupsRequest, ListGroupsResponse> {
  return { api: ListGroups, handle: ({ prefix }, caller) => ({ groups: groups.list(prefix, caller) }) };
}

export function describeGroupHandler(
  groups: Pick<Services['groups'], 'describe'>,
): Handler<DescribeGroupRequest, DescribeGroupResponse> {
  return { api: DescribeGroup, handle: ({ groupId }, caller) => groups.describe(groupId, caller) };
}

export function deleteGroupHandler(
  changes: Services['groups']['changes'],
): Handler<DeleteGroupRequest, DeleteGroupResponse> {
  return {
    api: DeleteGroup,
    handle: async ({ groupId }, caller) => ({ offsets: await changes.deleteGroup(groupId, caller) }),
  };
}

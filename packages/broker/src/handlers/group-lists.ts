/**
 * LIST_GROUPS, DESCRIBE_GROUP and DELETE_GROUP (row G3).
 */
import { groupState } from '@q/coordinator';
import { DeleteGroup, DescribeGroup, ListGroups } from '@q/protocol';
import type {
  DeleteGroupRequest,
  DeleteGroupResponse,
  DescribeGroupRequest,
  DescribeGroupResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  ListedGroup,
} from '@q/protocol';
import type { Handler } from '../dispatch.ts';
import { describeGroup } from '../groups/group-description.ts';
import type { Groups } from '../groups/groups.ts';
import type { LiveGroup } from '../groups/live-group.ts';
import type { BrokerLimits } from '../limits.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';

/** A list of names waits for no disk: a change that is on its way may show, or not. */
export function listGroupsHandler({ directory }: Pick<Groups, 'directory'>): Handler<ListGroupsRequest, ListGroupsResponse> {
  return {
    api: ListGroups,
    handle: ({ prefix }) => ({
      groups: [...directory.groups()]
        .filter((live) => live.exists && live.groupId.startsWith(prefix))
        .map(listed)
        .sort((left, right) => (left.groupId < right.groupId ? -1 : 1)),
    }),
  };
}

export function describeGroupHandler(options: {
  groups: Pick<Groups, 'directory' | 'held' | 'coordinator'>;
  registry: TopicRegistry;
  limits: BrokerLimits;
}): Handler<DescribeGroupRequest, DescribeGroupResponse> {
  const { groups, registry, limits } = options;
  return {
    api: DescribeGroup,
    handle: async ({ groupId }) => {
      const live = groups.directory.require(groupId);
      const { nowMs, wallMs } = groups.coordinator.context();
      const description = describeGroup(live, { registry, held: groups.held, limits, nowMs, wallMs });
      await live.settled();
      return description;
    },
  };
}

export function deleteGroupHandler({
  changes,
}: Pick<Groups, 'changes'>): Handler<DeleteGroupRequest, DeleteGroupResponse> {
  return { api: DeleteGroup, handle: (request) => changes.deleteGroup(request) };
}

function listed({ groupId, group, offsets }: LiveGroup): ListedGroup {
  return {
    groupId,
    state: group === null ? 'empty' : groupState(group),
    members: group?.members.size ?? 0,
    offsets: offsets.size,
  };
}

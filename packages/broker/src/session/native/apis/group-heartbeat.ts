/**
 * GROUP_HEARTBEAT: joins a group, stays in it, leaves it (rows G1, G2).
 */
import { GroupHeartbeat } from '@q/protocol';
import type { GroupHeartbeatRequest, GroupHeartbeatResponse } from '@q/protocol';
import type { Handler } from '../handler.ts';
import type { MemberHeartbeats } from '../../../services/groups/member-heartbeats.ts';

export function groupHeartbeatHandler(
  heartbeats: MemberHeartbeats,
): Handler<GroupHeartbeatRequest, GroupHeartbeatResponse> {
  return { api: GroupHeartbeat, handle: (request, context) => heartbeats.beat(request, context) };
}

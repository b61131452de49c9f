/**
 * GROUP_HEARTBEAT: joins a group, stays in it, leaves it (rows G1, G2).
 */
import { GroupHeartbeat } from '@q/protocol';
import type { GroupHeartbeatRequest, GroupHeartbeatResponse } from '@q/protocol';
import type { Services } from '../../../services/services.ts';
import type { Handler } from '../handler.ts';

export function groupHeartbeatHandler(
  heartbeats: Services['groups']['heartbeats'],
): Handler<GroupHeartbeatRequest, GroupHeartbeatResponse> {
  return { api: GroupHeartbeat, isUrgent: true, handle: (request, caller) => heartbeats.beat(request, caller) };
}

/**
 * Heartbeat: a member of a classic group is alive, and hears whether it has to join again (row B1).
 */
import type { Services } from '@q/broker';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { heartbeat } from '../messages/heartbeat.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

export function heartbeatHandler({ groups }: Pick<Services, 'groups'>): Handler {
  return handler(heartbeat, {
    handle: async ({ groupId, generationId, memberId, groupInstanceId }, { caller }) => {
      const claim = { memberId, instanceId: groupInstanceId, generation: generationId };
      return { errorCode: kafkaErrorCode[(await groups.classic.heartbeat(groupId, claim, caller)) ?? 'NONE'] };
    },
    mayOverlap: true,
    refuse: (errorCode) => ({ errorCode }),
  });
}

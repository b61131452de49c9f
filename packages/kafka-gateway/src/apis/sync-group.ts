/**
 * SyncGroup: members wait here for what the leader has assigned (row B1).
 */
import type { Services } from '@q/broker';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { syncGroup } from '../messages/sync-group.ts';
import type { AnswerOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

type Answer = AnswerOf<typeof syncGroup>;

/** From this version on members say what they believe that the group has agreed on. */
const namedSince = 5;

export function syncGroupHandler({ groups }: Pick<Services, 'groups'>): Handler {
  return handler(syncGroup, {
    handle: async (request, { caller, version }) => {
      const { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName, assignments } = request;
      if (version >= namedSince && (protocolType === null || protocolName === null))
        return refusal(kafkaErrorCode.INCONSISTENT_GROUP_PROTOCOL);
      const claim = { memberId, instanceId: groupInstanceId, generation: generationId };
      const outcome = await groups.classic.sync({ groupId, ...claim, protocolType, protocolName, assignments }, caller);
      if (outcome.kind === 'refused') return refusal(kafkaErrorCode[outcome.fault]);
      return {
        errorCode: kafkaErrorCode.NONE,
        protocolType: outcome.protocolType,
        protocolName: outcome.protocolName,
        assignment: outcome.assignment,
      };
    },
    // While it waits the connection is still read, or nobody would see its end.
    mayOverlap: true,
    refuse: refusal,
  });
}

function refusal(errorCode: number): Answer {
  return { errorCode, assignment: Buffer.alloc(0) };
}

/**
 * JoinGroup: a member waits here until the next generation of its group begins (row B1).
 */
import type { Services } from '@q/broker';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { joinGroup } from '../messages/join-group.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

type Request = RequestOf<typeof joinGroup>;
type Answer = AnswerOf<typeof joinGroup>;

/** From this version on a new member is told its id first, and comes back with it. */
const idFirstSince = 4;
/** From this version on a missing protocol is null and not empty. */
const nullSince = 7;
/** From this version on a leader can be told that it need not assign. */
const skippingSince = 9;

export function joinGroupHandler({ groups }: Pick<Services, 'groups'>): Handler {
  return handler(joinGroup, {
    handle: async (request, { caller, version }) => {
      const { groupId, sessionTimeoutMs, rebalanceTimeoutMs, memberId, protocolType, protocols } = request;
      const outcome = await groups.classic.join(
        {
          groupId,
          memberId,
          instanceId: request.groupInstanceId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          protocolType,
          protocols,
          needsId: version >= idFirstSince,
          knowsSkipping: version >= skippingSince,
        },
        caller,
      );
      if (outcome.kind === 'refused')
        return refusal(kafkaErrorCode[outcome.fault], outcome.memberId ?? request.memberId, version);
      return {
        errorCode: kafkaErrorCode.NONE,
        generationId: outcome.generation,
        protocolType: outcome.protocolType,
        protocolName: outcome.protocolName,
        leader: outcome.leaderId,
        skipAssignment: outcome.skipsAssignment,
        memberId: outcome.memberId,
        members: outcome.members.map(({ instanceId, ...member }) => ({ ...member, groupInstanceId: instanceId })),
      };
    },
    // While it waits the connection is still read, or nobody would see its end.
    mayOverlap: true,
    refuse: (code, { memberId }: Request, { version }) => refusal(code, memberId, version),
  });
}

function refusal(errorCode: number, memberId: string, version: number): Answer {
  const protocolName = version >= nullSince ? null : '';
  return { errorCode, generationId: -1, protocolType: null, protocolName, leader: '', memberId, members: [] };
}

/**
 * LeaveGroup: members of a classic group go (row B1). Until version 2 it is one, and the error is that of the request.
 */
import type { Services } from '@q/broker';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { leaveGroup } from '../messages/leave-group.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

const severalSince = 3;

export function leaveGroupHandler({ groups }: Pick<Services, 'groups'>): Handler {
  return handler(leaveGroup, {
    handle: async ({ groupId, memberId, members }, { version, caller }) => {
      if (version < severalSince) {
        const [fault] = await groups.classic.leave(groupId, [{ memberId, instanceId: null }], caller);
        return { errorCode: kafkaErrorCode[fault ?? 'NONE'] };
      }
      const names = members.map((member) => ({ memberId: member.memberId, instanceId: member.groupInstanceId }));
      const faults = await groups.classic.leave(groupId, names, caller);
      return {
        errorCode: kafkaErrorCode.NONE,
        members: members.map((member, index) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          errorCode: kafkaErrorCode[faults[index] ?? 'NONE'],
        })),
      };
    },
    mayOverlap: true,
    refuse: (errorCode) => ({ errorCode }),
  });
}

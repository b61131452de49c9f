/**
 * DeleteGroups: groups without members, with their offsets (row B1).
 */
import { toWireError } from '@q/broker';
import type { DoorTools, Services } from '@q/broker';
import { coordinatorCodeOf } from '../errors/coordinator-errors.ts';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { AnswerOf } from '../messages/api.ts';
import { deleteGroups } from '../messages/delete-groups.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { refuseTooMany } from './group-count.ts';

type Result = AnswerOf<typeof deleteGroups>['results'][number];

export function deleteGroupsHandler(
  { groups }: Pick<Services, 'groups'>,
  { limits }: Pick<DoorTools, 'limits'>,
): Handler {
  const deleteOne = async (groupId: string, caller: KafkaCaller): Promise<Result> => {
    try {
      await groups.changes.deleteGroup(groupId, caller);
      return { groupId, errorCode: kafkaErrorCode.NONE };
    } catch (thrown) {
      const error = toWireError(thrown);
      return { groupId, errorCode: coordinatorCodeOf(error), errorMessage: error.message };
    }
  };
  return handler(deleteGroups, {
    // All of them begin before the first await. A group that is named twice is deleted once.
    handle: async ({ groupsNames }, { caller }) =>
      refuseTooMany(groupsNames, limits) ?? {
        results: await Promise.all(Array.from(new Set(groupsNames), (groupId) => deleteOne(groupId, caller))),
      },
    refuse: (errorCode, { groupsNames }) => ({ results: groupsNames.map((groupId) => ({ groupId, errorCode })) }),
  });
}

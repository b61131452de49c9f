/**
 * CreateAcls: adds access rules, each for itself (row A3). One that is there already is no error, as in Kafka.
 */
import { demand } from '@q/broker';
import type { DoorTools, Services } from '@q/broker';
import { cluster, securityLimits } from '@q/security';
import { ruleOf } from '../access/acl-codes.ts';
import { errorCodesOf, KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { partError } from '../errors/part-error.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { createAcls } from '../messages/create-acls.ts';
import { handler, Silence } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { oneByOne } from './one-by-one.ts';

type Creation = RequestOf<typeof createAcls>['creations'][number];
type Result = AnswerOf<typeof createAcls>['results'][number];

export function createAclsHandler({ access }: Pick<Services, 'access'>, tools: Pick<DoorTools, 'clock'>): Handler {
  const createOne = async (creation: Creation, caller: KafkaCaller): Promise<Result> => {
    try {
      await access.add(ruleOf({ ...creation, patternType: creation.resourcePatternType }), caller);
      return { errorCode: kafkaErrorCode.NONE, errorMessage: null };
    } catch (error) {
      return partError(error);
    }
  };
  return handler(createAcls, {
    handle: async ({ creations }, { caller }) => {
      if (creations.length > securityLimits.rulesMax) return new Silence({ thenClose: true });
      // Once for all of them: one denial is counted, and noted.
      demand(access, caller, { operation: 'alter', resource: cluster });
      if (!access.isOn) throw new KafkaError('SECURITY_DISABLED', 'this broker asks nobody who they are');
      return { results: await oneByOne(creations, tools, (creation) => createOne(creation, caller)) };
    },
    refuse: (errorCode, { creations }, _context, errorMessage) => ({
      results: creations.map(() => ({ errorCode, errorMessage })),
    }),
    errorCodesIn: ({ results }) => errorCodesOf(results),
  });
}

/**
 * DeleteAcls: removes the access rules that fit each of some filters, and tells which those were (row A3).
 */
import { demand } from '@q/broker';
import type { DoorTools, Services } from '@q/broker';
import { cluster, securityLimits } from '@q/security';
import { filterOf, wireRuleOf } from '../access/acl-codes.ts';
import { errorCodesOf, KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { partError } from '../errors/part-error.ts';
import type { RequestOf } from '../messages/api.ts';
import { deleteAcls } from '../messages/delete-acls.ts';
import { handler, Silence } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { oneByOne } from './one-by-one.ts';

type Filter = RequestOf<typeof deleteAcls>['filters'][number];

export function deleteAclsHandler({ access }: Pick<Services, 'access'>, tools: Pick<DoorTools, 'clock'>): Handler {
  const deleteOne = async (wire: Filter, caller: KafkaCaller) => {
    try {
      const filter = filterOf(wire);
      const gone = filter === null ? [] : await access.remove(filter, caller);
      return { errorCode: kafkaErrorCode.NONE, errorMessage: null, matchingAcls: gone.map(wireRuleOf) };
    } catch (error) {
      return { ...partError(error), matchingAcls: [] };
    }
  };
  return handler(deleteAcls, {
    mayBeLong: true,
    handle: async ({ filters }, { caller }) => {
      if (filters.length > securityLimits.rulesMax) return new Silence({ thenClose: true });
      // Once for all of them: one denial is counted, and noted.
      demand(access, caller, { operation: 'alter', resource: cluster });
      if (!access.isOn) throw new KafkaError('SECURITY_DISABLED', 'this broker asks nobody who they are');
      return { filterResults: await oneByOne(filters, tools, (filter) => deleteOne(filter, caller)) };
    },
    refuse: (errorCode, { filters }, _context, errorMessage) => ({
      filterResults: filters.map(() => ({ errorCode, errorMessage, matchingAcls: [] })),
    }),
    errorCodesIn: ({ filterResults }) => errorCodesOf(filterResults as readonly { readonly errorCode: number }[]),
  });
}

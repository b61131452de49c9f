/**
 * DescribeAcls: the access rules that fit a filter, by the things that they are about (row A3).
 */
import { demand } from '@q/broker';
import type { DoorTools, Services } from '@q/broker';
import { cluster } from '@q/security';
import { filterOf, wireRuleOf } from '../access/acl-codes.ts';
import { KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { describeAcls } from '../messages/describe-acls.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { oneByOne } from './one-by-one.ts';

export function describeAclsHandler({ access }: Pick<Services, 'access'>, tools: Pick<DoorTools, 'clock'>): Handler {
  return handler(describeAcls, {
    mayBeLong: true,
    handle: async (request, { caller }) => {
      demand(access, caller, { operation: 'describe', resource: cluster });
      if (!access.isOn) throw new KafkaError('SECURITY_DISABLED', 'this broker asks nobody who they are');
      const filter = filterOf(request);
      const rules = filter === null ? [] : access.rules(filter, caller).map(wireRuleOf);
      const things = Map.groupBy(rules, ({ resourceType, patternType, resourceName }) =>
        JSON.stringify([resourceType, patternType, resourceName]),
      );
      const resources = await oneByOne(things.values(), tools, (acls) => {
        const { resourceType, resourceName, patternType } = acls[0]!;
        return { resourceType, resourceName, patternType, acls };
      });
      return { errorCode: kafkaErrorCode.NONE, resources };
    },
    refuse: (errorCode, _request, _context, errorMessage) => ({ errorCode, errorMessage, resources: [] }),
  });
}

/**
 * ConsumerGroupDescribe: refused as ConsumerGroupHeartbeat is (row B1).
 */
import type { DoorTools } from '@q/broker';
import { KafkaError } from '../errors/kafka-errors.ts';
import { consumerGroupDescribe } from '../messages/consumer-group-describe.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { noConsumerProtocol } from './consumer-group-heartbeat.ts';
import { refuseTooMany } from './group-count.ts';

export function consumerGroupDescribeHandler({ limits }: Pick<DoorTools, 'limits'>): Handler {
  return handler(consumerGroupDescribe, {
    handle: ({ groupIds }) => {
      const refused = refuseTooMany(groupIds, limits);
      if (refused !== null) return refused;
      throw new KafkaError('UNSUPPORTED_VERSION', noConsumerProtocol);
    },
    refuse: (errorCode, { groupIds }, _context, errorMessage) => ({
      groups: groupIds.map((groupId) => ({ groupId, errorCode, errorMessage })),
    }),
  });
}

/**
 * ConsumerGroupDescribe: refused as ConsumerGroupHeartbeat is (row B1).
 */
import { KafkaError } from '../errors/kafka-errors.ts';
import { consumerGroupDescribe } from '../messages/consumer-group-describe.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { noConsumerProtocol } from './consumer-group-heartbeat.ts';

export function consumerGroupDescribeHandler(): Handler {
  return handler(consumerGroupDescribe, {
    handle: () => {
      throw new KafkaError('UNSUPPORTED_VERSION', noConsumerProtocol);
    },
    refuse: (errorCode, { groupIds }, _context, errorMessage) => ({
      groups: groupIds.map((groupId) => ({ groupId, errorCode, errorMessage })),
    }),
  });
}

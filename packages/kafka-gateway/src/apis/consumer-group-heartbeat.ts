/**
 * ConsumerGroupHeartbeat: there are no groups of the new protocol (KIP-848) yet. It is listed and refused: a client
 * that asks for such a group says so then, where it would read nothing and say nothing otherwise (row B1).
 */
import { KafkaError } from '../errors/kafka-errors.ts';
import { consumerGroupHeartbeat } from '../messages/consumer-group-heartbeat.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

/** What a program can do about it. */
export const noConsumerProtocol = 'this broker has no groups of the protocol "consumer": use group.protocol=classic';

export function consumerGroupHeartbeatHandler(): Handler {
  return handler(consumerGroupHeartbeat, {
    handle: () => {
      throw new KafkaError('UNSUPPORTED_VERSION', noConsumerProtocol);
    },
    refuse: (errorCode, _request, _context, errorMessage) => ({ errorCode, errorMessage }),
  });
}

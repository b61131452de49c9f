import { KafkaError } from '../errors/kafka-errors.ts';

/**
 * The refusal of a transactional id, as long as there are no transactions. Of the errors that could say so this is the
 * one on which every client gives up at once: Java 4.4, librdkafka 2.16 and franz-go 1.22 make it fatal, and kafkajs
 * 2.2 throws it. With UNSUPPORTED_VERSION librdkafka asks again every half second, for ever.
 */
export function noTransactions(): KafkaError {
  return new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'there are no transactions at this door');
}

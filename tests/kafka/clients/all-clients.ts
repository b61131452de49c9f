import { confluentKafka } from './confluent-kafka/client.ts';
import { franzGo } from './franz-go/client.ts';
import { kafkaJava } from './java/client.ts';
import type { KafkaClient } from '../kafka-client.ts';
import { nodeClient } from './node-client.ts';

const examples = new URL('../../../examples/kafka/src/', import.meta.url);

/** In the order of the table. */
export const allClients: readonly KafkaClient[] = [
  nodeClient('kafkajs', 'kafkajs'),
  nodeClient('@platformatic/kafka', 'platformatic', new URL('orders.ts', examples)),
  confluentKafka,
  franzGo,
  kafkaJava,
];

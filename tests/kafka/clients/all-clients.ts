import type { KafkaClient } from '../kafka-client.ts';
import { nodeClient } from './node-client.ts';

/** In the order of the table. */
export const allClients: readonly KafkaClient[] = [nodeClient('kafkajs', 'kafkajs')];

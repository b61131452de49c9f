import { describe } from 'vitest';
import { consumerGroupHeartbeat } from '../../src/messages/consumer-group-heartbeat.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('ConsumerGroupHeartbeat', () => {
  itReadsTheCaptures(consumerGroupHeartbeat, 12);
});

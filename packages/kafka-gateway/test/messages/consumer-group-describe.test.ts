import { describe } from 'vitest';
import { consumerGroupDescribe } from '../../src/messages/consumer-group-describe.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('ConsumerGroupDescribe', () => {
  itReadsTheCaptures(consumerGroupDescribe, 8);
});

import { describe } from 'vitest';
import { describeTopicPartitions } from '../../src/messages/describe-topic-partitions.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('DescribeTopicPartitions', () => {
  itReadsTheCaptures(describeTopicPartitions, 1);
});

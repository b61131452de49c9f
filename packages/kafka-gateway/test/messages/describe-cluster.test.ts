import { describe } from 'vitest';
import { describeCluster } from '../../src/messages/describe-cluster.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('DescribeCluster', () => {
  itReadsTheCaptures(describeCluster, 1);
});

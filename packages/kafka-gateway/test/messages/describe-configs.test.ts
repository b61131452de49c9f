import { describe } from 'vitest';
import { describeConfigs } from '../../src/messages/describe-configs.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('DescribeConfigs', () => {
  itReadsTheCaptures(describeConfigs, 8);
});

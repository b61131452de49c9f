import { describe } from 'vitest';
import { describeGroups } from '../../src/messages/describe-groups.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('DescribeGroups', () => {
  itReadsTheCaptures(describeGroups, 8);
});

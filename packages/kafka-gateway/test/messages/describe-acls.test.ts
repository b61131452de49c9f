import { describe } from 'vitest';
import { describeAcls } from '../../src/messages/describe-acls.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('DescribeAcls', () => {
  itReadsTheCaptures(describeAcls, 1);
});

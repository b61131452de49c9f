import { describe } from 'vitest';
import { describeUserScramCredentials } from '../../src/messages/describe-user-scram-credentials.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('DescribeUserScramCredentials', () => {
  itReadsTheCaptures(describeUserScramCredentials, 1);
});

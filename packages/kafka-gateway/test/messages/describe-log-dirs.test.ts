import { describe } from 'vitest';
import { describeLogDirs } from '../../src/messages/describe-log-dirs.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('DescribeLogDirs', () => {
  itReadsTheCaptures(describeLogDirs, 8);
});

import { describe } from 'vitest';
import { describeProducers } from '../../src/messages/describe-producers.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('DescribeProducers', () => {
  itReadsTheCaptures(describeProducers, 1);
});

import { describe } from 'vitest';
import { createPartitions } from '../../src/messages/create-partitions.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('CreatePartitions', () => {
  itReadsTheCaptures(createPartitions, 5);
});

import { describe } from 'vitest';
import { listPartitionReassignments } from '../../src/messages/list-partition-reassignments.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('ListPartitionReassignments', () => {
  itReadsTheCaptures(listPartitionReassignments, 3);
});

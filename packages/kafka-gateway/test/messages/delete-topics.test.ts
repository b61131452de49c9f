import { describe } from 'vitest';
import { deleteTopics } from '../../src/messages/delete-topics.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('DeleteTopics', () => {
  itReadsTheCaptures(deleteTopics, 2);
});

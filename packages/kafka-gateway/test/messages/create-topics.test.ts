import { describe } from 'vitest';
import { createTopics } from '../../src/messages/create-topics.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('CreateTopics', () => {
  itReadsTheCaptures(createTopics, 9);
});

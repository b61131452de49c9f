import { describe } from 'vitest';
import { initProducerId } from '../../src/messages/init-producer-id.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('InitProducerId', () => {
  itReadsTheCaptures(initProducerId, 5);
});

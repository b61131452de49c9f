import { describe } from 'vitest';
import { produce } from '../../src/messages/produce.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('Produce', () => {
  itReadsTheCaptures(produce, 20);
});

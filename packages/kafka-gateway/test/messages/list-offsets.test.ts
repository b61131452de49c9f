import { describe } from 'vitest';
import { listOffsets } from '../../src/messages/list-offsets.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('ListOffsets', () => {
  itReadsTheCaptures(listOffsets, 55);
});

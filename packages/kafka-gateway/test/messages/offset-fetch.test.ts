import { describe } from 'vitest';
import { offsetFetch } from '../../src/messages/offset-fetch.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('OffsetFetch', () => {
  itReadsTheCaptures(offsetFetch, 19);
});

import { describe } from 'vitest';
import { fetch } from '../../src/messages/fetch.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('Fetch', () => {
  itReadsTheCaptures(fetch, 120);
});

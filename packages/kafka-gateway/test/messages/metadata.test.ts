import { describe } from 'vitest';
import { metadata } from '../../src/messages/metadata.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('Metadata', () => {
  itReadsTheCaptures(metadata, 20);
});

import { describe } from 'vitest';
import { offsetCommit } from '../../src/messages/offset-commit.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('OffsetCommit', () => {
  itReadsTheCaptures(offsetCommit, 21);
});

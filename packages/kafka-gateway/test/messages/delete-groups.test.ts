import { describe } from 'vitest';
import { deleteGroups } from '../../src/messages/delete-groups.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('DeleteGroups', () => {
  itReadsTheCaptures(deleteGroups, 13);
});

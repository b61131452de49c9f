import { describe } from 'vitest';
import { listGroups } from '../../src/messages/list-groups.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('ListGroups', () => {
  itReadsTheCaptures(listGroups, 9);
});

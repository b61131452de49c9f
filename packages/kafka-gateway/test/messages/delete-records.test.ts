import { describe } from 'vitest';
import { deleteRecords } from '../../src/messages/delete-records.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('DeleteRecords', () => {
  itReadsTheCaptures(deleteRecords, 7);
});

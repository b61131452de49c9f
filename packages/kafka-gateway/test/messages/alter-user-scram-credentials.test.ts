import { describe } from 'vitest';
import { alterUserScramCredentials } from '../../src/messages/alter-user-scram-credentials.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('AlterUserScramCredentials', () => {
  itReadsTheCaptures(alterUserScramCredentials, 3);
});

import { describe } from 'vitest';
import { saslAuthenticate } from '../../src/messages/sasl-authenticate.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('SaslAuthenticate', () => {
  itReadsTheCaptures(saslAuthenticate, 71);
});

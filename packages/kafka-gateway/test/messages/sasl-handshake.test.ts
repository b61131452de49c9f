import { describe } from 'vitest';
import { saslHandshake } from '../../src/messages/sasl-handshake.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('SaslHandshake', () => {
  itReadsTheCaptures(saslHandshake, 36);
});

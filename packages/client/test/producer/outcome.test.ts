import { QError } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { givenUp } from '../../src/producer/outcome.ts';

describe('a record that was given up', () => {
  const reason = new QError('PRODUCER_FENCED', 'another instance has taken over');

  it.each([
    [true, false, 'it is unknown whether the record was stored'],
    [true, true, 'its transaction cannot commit, so nobody who reads committed records gets the record'],
    [false, true, 'the record was not stored'],
  ])('X2 stored perhaps: %s, of a transaction: %s', (maybeStored, isTransactional, text) => {
    const error = givenUp(reason, { topic: 'orders', maybeStored, isTransactional });
    expect(error.message).toBe(`another instance has taken over: ${text} in topic "orders"`);
    expect(error.details).toEqual({ topic: 'orders', outcome: maybeStored ? 'unknown' : 'not-stored' });
  });
});

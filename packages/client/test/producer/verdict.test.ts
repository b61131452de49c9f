import { errorTable, QError } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import { judge } from '../../src/producer/verdict.ts';

const usual = { idempotent: true, isTransactional: false, isFirst: true, records: 3, maybeStored: false };
const error = (code: ConstructorParameters<typeof QError>[0]): QError => new QError(code, 'x');

describe('judge', () => {
  it('W2 sends every retriable error again, and only those without a reason of their own', () => {
    for (const { name, kind } of errorTable) {
      if (kind === 'retry') expect([name, judge(error(name), usual)]).toEqual([name, 'again']);
    }
    expect(judge(error('INVALID_RECORD'), usual)).toBe('fail');
    expect(judge(error('STORAGE_FAILED'), usual)).toBe('fail');
  });

  it('P4 takes a gap for real only when nothing earlier is open', () => {
    expect(judge(error('OUT_OF_ORDER_SEQUENCE'), usual)).toBe('new-identity');
    expect(judge(error('OUT_OF_ORDER_SEQUENCE'), { ...usual, isFirst: false })).toBe('again');
    expect(judge(error('UNKNOWN_PRODUCER_ID'), usual)).toBe('fresh-identity');
    expect(judge(error('STALE_PRODUCER_EPOCH'), { ...usual, isFirst: false })).toBe('again');
    expect(judge(error('OUT_OF_ORDER_SEQUENCE'), { ...usual, idempotent: false })).toBe('fail');
  });

  it('X1 fails what would leave a gap in a transaction, and begins anew when its id was forgotten', () => {
    const inTransaction = { ...usual, isTransactional: true };
    expect(judge(error('OUT_OF_ORDER_SEQUENCE'), inTransaction)).toBe('fail');
    expect(judge(error('OUT_OF_ORDER_SEQUENCE'), { ...inTransaction, isFirst: false })).toBe('again');
    expect(judge(error('STALE_PRODUCER_EPOCH'), inTransaction)).toBe('fail');
    expect(judge(error('UNKNOWN_TRANSACTIONAL_ID'), inTransaction)).toBe('fresh-identity');
    expect(judge(error('UNKNOWN_TRANSACTIONAL_ID'), usual)).toBe('fail');
    for (const code of ['PRODUCER_FENCED', 'TRANSACTION_ABORTED', 'TRANSACTION_LIMIT'] as const)
      expect(judge(error(code), inTransaction)).toBe('fail');
  });

  it('P5 splits a batch that is too large, unless it is one record or may be stored', () => {
    expect(judge(error('BATCH_TOO_LARGE'), usual)).toBe('split');
    expect(judge(error('BATCH_TOO_LARGE'), { ...usual, records: 1 })).toBe('fail');
    expect(judge(error('BATCH_TOO_LARGE'), { ...usual, maybeStored: true })).toBe('fail');
  });
});

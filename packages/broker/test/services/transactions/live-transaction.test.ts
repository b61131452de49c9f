/**
 * When those who wait for a transaction hear of it.
 */
import type { Transaction, TransactionRecord } from '@q/coordinator';
import { describe, expect, it } from 'vitest';
import { LiveTransaction } from '../../../src/services/transactions/live-transaction.ts';
import type { WriteEnded } from '../../../src/state-log/state-log.ts';

const context = { nowMs: 0, wallMs: 0, freshProducerId: 7 };

/** A transactional id whose writes end when the test says so. */
function setUp(): { live: LiveTransaction; end: (outcome: 'durable' | 'failed') => void; stored: TransactionRecord[] } {
  const stored: TransactionRecord[] = [];
  const endings: (() => void)[] = [];
  let outcome: 'durable' | 'failed' = 'durable';
  const write = (_: string, records: readonly TransactionRecord[], ended: WriteEnded): Promise<void> => {
    const durable = Promise.withResolvers<void>();
    stored.push(...records);
    endings.push(() => {
      ended(durable.promise, outcome);
      durable.resolve();
    });
    return durable.promise;
  };
  const live = new LiveTransaction({ transactionalId: 'billing-1', stored: null, log: { write }, written: () => {} });
  const end = (as: 'durable' | 'failed'): void => {
    outcome = as;
    endings.shift()!();
  };
  return { live, end, stored };
}

function begin(live: LiveTransaction): void {
  live.step({ kind: 'init', transactionalId: 'billing-1', timeoutMs: 1_000, expected: null }, context);
}

describe('a live transaction', () => {
  it('X1 tells in the very turn that all of it is durable, so that its markers are in the next round', () => {
    const { live, end } = setUp();
    const heard: boolean[] = [];
    live.whenSettled((isStored) => heard.push(isStored));
    expect(heard).toEqual([true]);
    begin(live);
    begin(live);
    live.whenSettled((isStored) => heard.push(isStored));
    end('durable');
    expect(heard).toEqual([true]);
    end('durable');
    expect(heard).toEqual([true, true]);
  });

  it('X1 tells that it was taken back, once, with the state that it has then', () => {
    const { live, end } = setUp();
    begin(live);
    const heard: [boolean, Transaction | null][] = [];
    live.whenSettled((isStored) => heard.push([isStored, live.newest]));
    end('failed');
    expect(heard).toEqual([[false, null]]);
  });
});

import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { anonymous } from '../../src/caller.ts';
import { defaultLimits } from '../../src/limits.ts';
import { ByteBudget } from '../../src/transport/byte-budget.ts';
import { HeldTotal } from '../../src/transport/held-total.ts';
import { OutputTotal } from '../../src/transport/output-total.ts';
import { OutsideCaller } from '../../src/transport/outside-caller.ts';
import type { SharedBudgets } from '../../src/transport/outside-caller.ts';

function setUp(): { shared: SharedBudgets; open: () => OutsideCaller } {
  const shared = {
    clock: new ManualClock({ defer: 'manual' }),
    limits: defaultLimits,
    budget: new ByteBudget({ softBytes: 100, hardBytes: 200 }),
    outputTotal: new OutputTotal({ bytesMax: 1000, bytesHardMax: 1100 }),
    heldTotal: new HeldTotal(3),
  };
  return { shared, open: () => new OutsideCaller(shared, { principal: anonymous, address: '::1', clientId: 'curl' }) };
}

describe('a caller from outside of the transport', () => {
  it('Z3 counts in the budgets of all, and gives everything back at its end', async () => {
    const { shared, open } = setUp();
    const caller = open();
    caller.hold(50);
    expect(await caller.budget.reserveAnswer(800, 10)).toBe(800);
    const unpark = caller.budget.park(2)!;
    expect([shared.budget.heldBytes, shared.outputTotal.bytes, shared.heldTotal.count]).toEqual([50, 800, 2]);
    unpark();
    unpark();
    caller.end();
    caller.end();
    expect([shared.budget.heldBytes, shared.outputTotal.bytes, shared.heldTotal.count]).toEqual([0, 0, 0]);
  });

  it('Z3 waits for room that others have, or takes little', async () => {
    const { open } = setUp();
    const first = open();
    const second = open();
    expect(await first.budget.reserveAnswer(990, 10)).toBe(990);
    expect(await second.budget.reserveAnswer(500, 60)).toBe(60);
    const third = open().budget.reserveAnswer(500, 60);
    expect(third).toBeInstanceOf(Promise);
    const fourth = open();
    const late = fourth.budget.reserveAnswer(500, 60);
    fourth.end();
    // Nothing is read for it: it only hears that it need not wait.
    expect(await late).toBe(500);
    first.end();
    expect(await third).toBe(500);
  });

  it('Z3 is refused when the broker holds too much', () => {
    const { open } = setUp();
    const caller = open();
    caller.hold(201);
    expect(() => open().hold(1)).toThrow(expect.objectContaining({ code: 'BROKER_BUSY' }));
    caller.end();
    open().hold(1);
  });

  it('Z3 lends memory until it was used, and tells whoever waits that it is gone', () => {
    const { shared, open } = setUp();
    const caller = open();
    const calls: string[] = [];
    caller.budget.whenTaken(() => calls.push('taken'));
    void caller.budget.reserveAnswer(100, 100);
    caller.used();
    caller.used();
    expect([calls, shared.outputTotal.bytes]).toEqual([['taken'], 0]);
    caller.signal.onAbort(() => calls.push('gone'));
    caller.end();
    expect([calls, caller.signal.aborted]).toEqual([['taken', 'gone'], true]);
  });
});

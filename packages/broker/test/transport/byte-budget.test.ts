import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../src/transport/byte-budget.ts';

const chunk = 64 * 1024;

function waiter(name: string, woken: string[]): { roomAgain(): void } {
  return { roomAgain: () => void woken.push(name) };
}

describe('ByteBudget', () => {
  it('lets everybody read below the soft limit', () => {
    const budget = new ByteBudget({ softBytes: 100, hardBytes: 200 });
    budget.adjust(100);
    expect(budget.mustWait(waiter('a', []))).toBe(false);
    expect(budget.isOverHard).toBe(false);
  });

  it('makes connections wait above it, and wakes them first come first served when there is room', () => {
    const woken: string[] = [];
    const budget = new ByteBudget({ softBytes: 2 * chunk, hardBytes: 8 * chunk });
    budget.adjust(4 * chunk);
    budget.adjustSettling(4 * chunk);
    for (const name of ['a', 'b', 'c']) expect(budget.mustWait(waiter(name, woken))).toBe(true);
    expect(woken).toEqual([]);

    budget.adjustSettling(-3 * chunk);
    budget.adjust(-3 * chunk);
    // Room for one chunk wakes one.
    expect(woken).toEqual(['a']);
    budget.adjustSettling(-chunk);
    budget.adjust(-chunk);
    expect(woken).toEqual(['a', 'b', 'c']);
  });

  it('lets one connection finish its frame when half-received frames alone fill the budget', () => {
    const woken: string[] = [];
    const budget = new ByteBudget({ softBytes: chunk, hardBytes: 8 * chunk });
    budget.adjust(3 * chunk);
    const [a, b] = [waiter('a', woken), waiter('b', woken)];

    expect(budget.mustWait(a)).toBe(false);
    expect(budget.mustWait(b)).toBe(true);
    expect(budget.mustWait(a)).toBe(false);

    budget.leave(a);
    expect(woken.at(-1)).toBe('b');
    expect(budget.mustWait(b)).toBe(false);
    expect(budget.mustWait(a)).toBe(true);
  });

  it('forgets a connection that is gone', () => {
    const woken: string[] = [];
    const budget = new ByteBudget({ softBytes: chunk, hardBytes: 8 * chunk });
    budget.adjust(2 * chunk);
    budget.adjustSettling(2 * chunk);
    const a = waiter('a', woken);
    expect(budget.mustWait(a)).toBe(true);
    budget.leave(a);
    budget.adjustSettling(-2 * chunk);
    budget.adjust(-2 * chunk);
    expect(woken).toEqual([]);
  });
});

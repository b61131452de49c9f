import { describe, expect, it } from 'vitest';

import { ByteBudget } from '../../src/producer/byte-budget.ts';

function budget(): { budget: ByteBudget; rooms: () => number; turn: () => void } {
  let rooms = 0;
  const turns: (() => void)[] = [];
  const made = new ByteBudget({
    bytesMax: 100,
    bytesHardMax: 200,
    stepBytes: 50,
    defer: (fn) => void turns.push(fn),
    onRoom: () => (rooms += 1),
  });
  return { budget: made, rooms: () => rooms, turn: () => turns.splice(0).forEach((fn) => fn()) };
}

describe('ByteBudget', () => {
  it('Z4 is full at its limit and overfull at the hard one, parked bytes included', () => {
    const { budget: b } = budget();
    b.add(60);
    b.park(39);
    expect([b.isFull, b.isOverfull, b.batchesFull]).toEqual([false, false, false]);
    b.park(1);
    expect([b.isFull, b.isOverfull, b.batchesFull]).toEqual([true, false, false]);
    b.add(100);
    expect([b.isFull, b.isOverfull, b.batchesFull]).toEqual([true, true, true]);
  });

  it('Z4 tells of room when batches have some, and wakes those who wait when there is enough', async () => {
    const { budget: b, rooms, turn } = budget();
    b.add(150);
    turn();
    let isReady = false;
    const ready = b.ready().then(() => (isReady = true));
    b.release(40);
    expect(rooms()).toBe(0);
    b.release(50);
    await Promise.resolve();
    expect([rooms(), isReady]).toEqual([1, false]);
    b.release(10);
    await ready;
    expect(b.usedBytes).toBe(50);
  });

  it('Z4 asks for a turn of the event loop after a batch of bytes, though there is room', async () => {
    const { budget: b, turn } = budget();
    b.add(49);
    expect(b.wantsPause).toBe(false);
    b.add(1);
    expect([b.wantsPause, b.isFull]).toEqual([true, false]);
    const ready = b.ready();
    turn();
    await ready;
    expect(b.wantsPause).toBe(false);
  });

  it('lets nobody wait who has room', async () => {
    await expect(budget().budget.ready()).resolves.toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';

import { ByteBudget } from '../../src/producer/byte-budget.ts';

function budget(): { budget: ByteBudget; rooms: () => number } {
  let rooms = 0;
  const made = new ByteBudget({ bytesMax: 100, bytesHardMax: 200, onRoom: () => (rooms += 1) });
  return { budget: made, rooms: () => rooms };
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

  it('Z4 tells of room when batches have some, and wakes those who wait at half', async () => {
    const { budget: b, rooms } = budget();
    b.add(150);
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

  it('lets nobody wait who has room', async () => {
    await expect(budget().budget.ready()).resolves.toBeUndefined();
  });
});

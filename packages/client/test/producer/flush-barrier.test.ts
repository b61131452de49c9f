import { describe, expect, it } from 'vitest';

import { FlushBarrier } from '../../src/producer/flush-barrier.ts';

async function state(promise: Promise<void>): Promise<'open' | 'done'> {
  return Promise.race([
    promise.then(() => 'done' as const),
    new Promise<'open'>((resolve) => void setImmediate(() => resolve('open'))),
  ]);
}

describe('FlushBarrier', () => {
  it('waits for what came before, not for what comes after', async () => {
    const barrier = new FlushBarrier();
    const first = barrier.enter();
    const flushed = barrier.flush();
    const second = barrier.enter();
    expect(await state(flushed)).toBe('open');
    barrier.leave(first);
    expect(await state(flushed)).toBe('done');
    const again = barrier.flush();
    expect(await state(again)).toBe('open');
    barrier.leave(second);
    expect(await state(again)).toBe('done');
  });

  it('waits for the oldest work, in whichever order work ends', async () => {
    const barrier = new FlushBarrier();
    const [a, b] = [barrier.enter(), barrier.enter()];
    const one = barrier.flush();
    const c = barrier.enter();
    const two = barrier.flush();
    barrier.leave(c);
    barrier.leave(a);
    expect([await state(one), await state(two)]).toEqual(['open', 'open']);
    barrier.leave(b);
    expect([await state(one), await state(two)]).toEqual(['done', 'done']);
  });

  it('is done at once when nothing is under way', async () => {
    expect(await state(new FlushBarrier().flush())).toBe('done');
  });

  it('counts work that is taken back to an earlier epoch', async () => {
    const barrier = new FlushBarrier();
    const old = barrier.enter();
    const flushed = barrier.flush();
    barrier.enter(old);
    barrier.leave(old);
    expect(await state(flushed)).toBe('open');
    barrier.leave(old);
    expect(await state(flushed)).toBe('done');
  });
});

import { expect, it } from 'vitest';
import { inTime } from '../src/in-time.ts';

it('B6 a stop that does not end is given up when its time is over', async () => {
  const { promise } = Promise.withResolvers<void>();
  await expect(inTime(promise, 5)).rejects.toThrow('closing took more than 5 ms');
});

it('B6 a stop that ends in time ends as it does', async () => {
  await inTime(Promise.resolve(), 60_000);
  await expect(inTime(Promise.reject(new Error('no room')), 60_000)).rejects.toThrow('no room');
});

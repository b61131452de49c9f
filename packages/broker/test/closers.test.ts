import { expect, it } from 'vitest';
import { Closers } from '../src/closers.ts';

it('closes in reverse, everything once, and reports the first failure', async () => {
  const closers = new Closers();
  const order: string[] = [];
  closers.add(() => void order.push('first'));
  closers.add(() => Promise.reject(new Error('second')));
  closers.add(() => {
    order.push('third');
    throw new Error('third');
  });
  await expect(closers.closeAll()).rejects.toThrow('third');
  expect(order).toEqual(['third', 'first']);
  await closers.closeAll();
  expect(order).toHaveLength(2);
});

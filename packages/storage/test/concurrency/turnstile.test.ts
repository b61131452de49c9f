import { expect, it } from 'vitest';
import { Turnstile } from '../../src/concurrency/turnstile.ts';

it('T3 lets so many in at once, the others in order, and goes on after a failure', async () => {
  const turnstile = new Turnstile(2);
  const doors = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
  const entered: number[] = [];
  const results = doors.map((door, index) =>
    turnstile.run(async () => {
      entered.push(index);
      await door.promise;
      if (index === 1) throw new Error('one');
      return index;
    }),
  );
  const settled = Promise.allSettled(results);
  expect(entered).toEqual([0, 1]);
  doors[1]?.resolve();
  await expect(results[1]).rejects.toThrow('one');
  expect(entered).toEqual([0, 1, 2]);
  for (const door of doors) door.resolve();
  await settled;
  expect(entered).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await turnstile.run(async () => 'later')).toBe('later');
});

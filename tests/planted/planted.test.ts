import { describe, expect, it } from 'vitest';
import { bugsOfDay, quickBugs } from './bugs-of-day.ts';
import { mutate } from './mutation.ts';
import { mutationNamed, mutations } from './mutations.ts';
import { hunt } from './planted-rig.ts';
import { readRepositoryFile } from '../repository/source-files.ts';

// Five a day, others the next day; `tests/planted/planted.ts` hunts them all.
const perDay = 5;
/** Of processor time: a busy machine takes longer for it. */
const secondsMax = 60;

describe('planted bugs', () => {
  it('are twenty at least, each with a name of its own, and fit the source as it is now', () => {
    expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
    expect(quickBugs.length).toBeGreaterThanOrEqual(20);
    for (const mutation of mutations)
      expect(mutate(readRepositoryFile(mutation.file), mutation)).toContain(mutation.replace);
  });

  it('take their turn, all of them', () => {
    const days = Array.from({ length: quickBugs.length }, (_, day) => bugsOfDay(perDay, day * 86_400_000));
    expect(new Set(days.flat())).toEqual(new Set(quickBugs));
    expect(days[0]).not.toEqual(days[1]);
  });

  it('that are out of date fail loudly', () => {
    const mutation = { name: 'x', file: 'f.ts', find: 'one', replace: 'two' };
    expect(() => mutate('zero', mutation)).toThrow('out of date');
    expect(() => mutate('one and one', mutation)).toThrow('out of date');
  });

  it(
    'are caught by the test that is there for them',
    async () => {
      const mutation = mutationNamed('the memory of a batch is used again although a copy may be on its way');
      expect(await hunt(mutation, { seed: 1, secondsMax })).toMatchObject({ caught: true, rig: mutation.test });
    },
    secondsMax * 1_000,
  );

  it.each(bugsOfDay(perDay, Date.now()))(
    'are caught by the simulation: $name',
    async (mutation) => {
      expect(await hunt(mutation, { seed: 1, secondsMax })).toMatchObject({ caught: true });
    },
    secondsMax * 5_000,
  );
});

import { Turn } from '@q/broker';
import { ManualClock } from '@q/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstById } from '../../src/transactions/first-by-id.ts';

const turn = new Turn({ clock: new ManualClock(), limits: { turnMsMax: 10 } });

it('X3 takes the first by their ids, whatever their order, as if all were sorted', async () => {
  const ids = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(ids, fc.integer({ min: 1, max: 9 }), async (given, count) => {
      const all = given.map((transactionalId) => ({ transactionalId }));
      const isWanted = ({ transactionalId }: (typeof all)[number]): boolean => !transactionalId.startsWith('a');
      const first = await firstById(all, { count, turn, isWanted });
      const expected = all.filter(isWanted).toSorted((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1));
      expect(first).toEqual(expected.slice(0, count));
    }),
  );
});

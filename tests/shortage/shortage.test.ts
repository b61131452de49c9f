import { expect, it } from 'vitest';
import { shareOfDay } from '../share-of-day.ts';
import { run, scenariosOf } from './shortage-rig.ts';

// A third of them, another one each day; `pnpm prove` has them all. All here: SHORTAGES=1.
const given = process.env['SHORTAGES'];
const count = Number(given ?? 1);
const scenarios = given === undefined ? shareOfDay(scenariosOf(count), 3) : scenariosOf(count);

it.each(scenarios)(
  'S2 Q2 T3 short of $name, the broker starts again and has everything',
  { timeout: 120_000 * count },
  async ({ name }) => {
    const { failures, notes = {} } = await run({ count, only: name });
    expect(failures).toEqual([]);
    expect(notes['steps'] ?? notes[`skipped: ${name}`]).toBeDefined();
  },
);

import { expect, it } from 'vitest';
import { run, scenariosOf } from './shortage-rig.ts';

const count = Number(process.env['SHORTAGES'] ?? 1);

it.each(scenariosOf(count))(
  'S2 Q2 T3 short of $name, the broker starts again and has everything',
  { timeout: 120_000 * count },
  async ({ name }) => {
    const { failures, notes = {} } = await run({ count, only: name });
    expect(failures).toEqual([]);
    expect(notes['steps'] ?? notes[`skipped: ${name}`]).toBeDefined();
  },
);

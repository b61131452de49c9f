import { describe, expect, it } from 'vitest';
import { shareOfDay } from '../share-of-day.ts';
import { run } from './abuse-rig.ts';
import { run as runMix } from './hostile-mix-rig.ts';
import { scenarios } from './scenarios.ts';

// A third of them, another one each day; `pnpm prove` has them all. All here, of so many: ABUSE_COUNT=10000 pnpm test
// tests/abuse.
const given = process.env['ABUSE_COUNT'];
const count = Number(given ?? 600);
const ofToday = given === undefined ? shareOfDay(scenarios, 3) : scenarios;

describe(`abuse by ${count} connections`, () => {
  it.each(ofToday.map(({ name }) => name))(
    'W3 B8 B1 %s at both doors: memory stays within its bounds, and honest clients notice nothing',
    { timeout: 180_000 },
    async (only) => {
      const [report] = await run({ count, only });
      expect(report!.failures).toEqual([]);
      expect(report!.runs).toBeGreaterThan(0);
      // The system must have told what the broker holds, and the honest clients must have been there.
      expect(report!.notes?.['idle MiB']).toBeGreaterThan(10);
      expect(report!.notes?.['honest records']).toBeGreaterThan(0);
    },
  );
});

// In full, and with the latencies judged: tests/rig.ts hostile-mix --seconds 60, on a machine that does nothing else.
it(
  'W3 B8 B1 the hostile mix: an honest client loses nothing beside it, and no turn of the event loop is long',
  { timeout: 180_000 },
  async () => {
    const report = await runMix({ seconds: 5, idleConnections: 500, judgesTime: false });
    expect(report.failures).toEqual([]);
    expect(report.runs).toBeGreaterThan(0);
    // Everybody must have been there.
    for (const what of [
      'bombs stored',
      'bombs refused',
      'batches that grow stored',
      'long polls',
      'long polls over Kafka',
      'half-sent frames',
      'garbage frames',
      'bytes trickled',
      'fetches not taken',
    ]) {
      expect.soft(report.notes?.[what], what).toBeGreaterThan(0);
    }
  },
);

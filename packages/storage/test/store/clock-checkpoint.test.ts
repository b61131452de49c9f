import { describe, expect, it } from 'vitest';
import { decodeClockCheckpoint, encodeClockCheckpoint } from '../../src/store/clock-checkpoint.ts';
import { append } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const golden = '0\n1700000100000 1700000000000 5000\n4012606600\n';

describe('clock-checkpoint', () => {
  it('S4 is written and read as it is drawn', () => {
    const seen = { wallMs: 1_700_000_100_000, confirmedMs: 1_700_000_000_000, heldMs: 5_000 };
    expect(encodeClockCheckpoint(seen).toString()).toBe(golden);
    expect(decodeClockCheckpoint(Buffer.from(golden))).toEqual(seen);
  });

  it('S4 no flipped bit and no cut is taken for one', () => {
    for (let bit = 0; bit < golden.length * 8; bit += 1) {
      const bytes = Buffer.from(golden);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeClockCheckpoint(bytes)).toBeNull();
    }
    for (let length = 0; length < golden.length; length += 1)
      expect(decodeClockCheckpoint(Buffer.from(golden.slice(0, length)))).toBeNull();
  });
});

describe('what goes by its age', () => {
  const config = { retentionMs: 7 * dayMs, fileDeleteDelayMs: 0 };

  async function filled(): Promise<DiskUnderTest> {
    const under = await DiskUnderTest.start();
    const log = await under.open(config);
    await append(log, ['a', 'b'], { timestampMs: under.clock.now() });
    await under.store.maintain();
    return under;
  }

  it('S4 stays where the clock is a year ahead for a while', async () => {
    const under = await filled();
    under.clock.stepWall(365 * dayMs);
    await under.store.maintain();
    expect((await under.open(config)).logStartOffset).toBe(0);
    under.clock.stepWall(-365 * dayMs);
    for (let passed = 0; passed < 2 * hourMs; passed += 60_000) {
      await under.clock.advance(60_000);
      await under.store.maintain();
    }
    expect((await under.open(config)).logStartOffset).toBe(0);
    expect(under.log.notes.filter(({ level }) => level === 'warn').map(({ message }) => message)).toContainEqual(
      expect.stringContaining('the clock was set forward'),
    );
  });

  it.each(['restart', 'kill', 'crash'] as const)(
    'S4 stays through a %s with a clock that is a year ahead, for an hour',
    async (how) => {
      const under = await filled();
      under.clock.stepWall(365 * dayMs);
      await under[how]();
      await under.store.maintain();
      expect((await under.open(config)).logStartOffset).toBe(0);
      for (let passed = 0; passed <= hourMs; passed += 60_000) {
        await under.clock.advance(60_000);
        await under.store.maintain();
      }
      expect((await under.open(config)).logStartOffset).toBe(2);
    },
  );

  it('S4 a file that cannot be read is said, and keeps no store from opening', async () => {
    const under = await filled();
    await under.store.close();
    under.disk.fail({ operation: 'read', path: /clock-checkpoint/, code: 'EIO' });
    await under.reopen();
    expect((await under.open(config)).logEndOffset).toBe(2);
    expect(under.log.notes.map(({ message }) => message)).toContainEqual(expect.stringContaining('cannot be read'));
  });

  it('S4 a file that cannot be saved is said, and keeps nothing from going on', async () => {
    const under = await DiskUnderTest.start();
    under.disk.fail({ operation: 'write', path: /clock-checkpoint/, code: 'EIO' });
    const log = await under.open(config);
    await append(log, ['a'], { timestampMs: 5 });
    expect(await under.store.maintain()).toMatchObject({ segmentsDeleted: 1 });
    expect(under.fatal).toEqual([]);
    expect(under.log.notes.map(({ message }) => message)).toContain('what was seen of the clock could not be saved');
  });
});

import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { ConfirmedTime } from '../../src/clock/confirmed-time.ts';
import type { SeenClock } from '../../src/clock/confirmed-time.ts';
import { NotedLog } from '../fixtures.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const yearMs = 365 * dayMs;
const limits = { clockConfirmMs: hourMs, clockStepMs: minuteMs, clockGapMsMax: dayMs };

class Watched {
  readonly clock = new ManualClock();
  readonly log = new NotedLog();
  readonly time: ConfirmedTime;

  constructor(before?: { seen: SeenClock; nowMs: number }) {
    if (before) this.clock = new ManualClock({ startMs: before.nowMs });
    this.time = new ConfirmedTime({ clock: this.clock, log: this.log, limits });
    if (before) this.time.goOnFrom(before.seen);
  }

  /** Lets time pass, with a look every ten seconds. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10_000) {
      await this.clock.advance(Math.min(10_000, ms - passed));
      this.time.look();
    }
  }

  get behindMs(): number {
    return this.clock.now() - this.time.now();
  }

  get said(): string[] {
    return this.log.notes.map(({ message }) => message.replace(/:.*/, ''));
  }
}

describe('ConfirmedTime', () => {
  it('S4 goes with the wall clock', async () => {
    const watched = new Watched();
    await watched.pass(3 * hourMs);
    expect([watched.behindMs, watched.said]).toEqual([0, []]);
  });

  it('S4 gives whole milliseconds, as formats have them, of a monotonic clock with fractions', async () => {
    const watched = new Watched();
    await watched.clock.advance(0.7);
    watched.time.look();
    expect(Number.isInteger(watched.time.now())).toBe(true);
  });

  it('S4 knows nothing of a clock that is a year ahead for a second', async () => {
    const watched = new Watched();
    await watched.pass(hourMs);
    watched.clock.stepWall(yearMs);
    watched.time.look();
    expect(watched.behindMs).toBe(yearMs);
    await watched.clock.advance(1_000);
    watched.clock.stepWall(-yearMs);
    await watched.pass(2 * hourMs);
    expect(watched.behindMs).toBe(0);
    expect(watched.said).toEqual(['the clock was set forward', 'the clock was set back']);
  });

  it('S4 goes by a step once the clock has held it for an hour', async () => {
    const watched = new Watched();
    watched.clock.stepWall(30 * dayMs);
    await watched.pass(hourMs - 10_000);
    expect(watched.behindMs).toBe(30 * dayMs);
    await watched.pass(20_000);
    expect(watched.behindMs).toBe(0);
    expect(watched.said).toEqual(['the clock was set forward', 'the clock has held what it was set to']);
  });

  it('S4 goes by every one of many steps an hour later, and not only once there are no more', async () => {
    const watched = new Watched();
    // A machine that sleeps for ten minutes of every forty.
    for (let round = 0; round < 20; round += 1) {
      watched.clock.stepWall(10 * minuteMs);
      await watched.pass(30 * minuteMs);
      expect(watched.behindMs).toBeLessThanOrEqual(30 * minuteMs);
    }
  });

  it('S4 goes back at once, which removes nothing, and follows a clock that is slewed', async () => {
    const watched = new Watched();
    await watched.pass(minuteMs);
    watched.clock.stepWall(-yearMs);
    watched.time.look();
    expect(watched.behindMs).toBe(0);
    for (let round = 0; round < 600; round += 1) {
      watched.clock.stepWall(5);
      await watched.pass(minuteMs);
    }
    expect(watched.behindMs).toBeLessThanOrEqual(61 * 5);
    expect(watched.said).toEqual(['the clock was set back']);
  });

  it('S4 a process that was stopped has not watched', async () => {
    const watched = new Watched();
    watched.clock.stepWall(yearMs);
    watched.time.look();
    await watched.clock.advance(dayMs);
    watched.time.look();
    expect(watched.behindMs).toBe(yearMs);
  });

  it('B5 remembers one look a minute', async () => {
    const watched = new Watched();
    for (let round = 0; round < 5_000; round += 1) {
      watched.clock.stepWall(1);
      await watched.clock.advance(1_000);
      watched.time.look();
    }
    expect(watched.behindMs).toBeLessThanOrEqual(3_600 + 120);
    expect(watched.behindMs).toBeGreaterThan(3_000);
  });

  describe('at a start', () => {
    async function after(o: { downMs: number; before?: (watched: Watched) => Promise<void> }): Promise<Watched> {
      const first = new Watched();
      await first.pass(hourMs);
      await o.before?.(first);
      return new Watched({ seen: first.time.seen, nowMs: first.clock.now() + o.downMs });
    }

    it('S4 believes what may be the time that nothing ran', async () => {
      const watched = await after({ downMs: dayMs });
      expect([watched.behindMs, watched.said]).toEqual([0, []]);
    });

    it('S4 waits an hour after a month, which may be a clock that is wrong', async () => {
      const watched = await after({ downMs: 30 * dayMs });
      expect(watched.behindMs).toBe(30 * dayMs);
      expect(watched.said).toEqual(['the clock is far ahead of what the last run has seen']);
      await watched.pass(hourMs);
      expect(watched.behindMs).toBe(0);
    });

    it('S4 adds up what several short runs have watched', async () => {
      let watched = await after({ downMs: 30 * dayMs });
      for (let run = 0; run < 3; run += 1) {
        await watched.pass(20 * minuteMs - 10_000);
        expect(watched.behindMs).toBeGreaterThan(29 * dayMs);
        watched = new Watched({ seen: watched.time.seen, nowMs: watched.clock.now() + hourMs });
      }
      await watched.pass(minuteMs);
      expect(watched.behindMs).toBe(0);
    });

    it('S4 a run with a clock that is a year ahead does not make the next one believe it, or hold anything against the right time', async () => {
      const wrong = await after({ downMs: yearMs });
      await wrong.pass(10 * minuteMs);
      const { seen } = wrong.time;
      expect(new Watched({ seen, nowMs: wrong.clock.now() + 1_000 }).behindMs).toBeGreaterThan(364 * dayMs);
      expect(new Watched({ seen, nowMs: wrong.clock.now() - yearMs }).behindMs).toBe(0);
    });
  });
});

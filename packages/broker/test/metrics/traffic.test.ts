import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { Traffic, TrafficSampler } from '../../src/metrics/traffic.ts';

function setUp(...traffics: Traffic[]) {
  const clock = new ManualClock();
  const sampler = new TrafficSampler({ clock, each: () => traffics });
  sampler.start();
  return { clock, sampler };
}

describe('TrafficSampler', () => {
  it('M1 tells what the last minute and the last five saw, whatever came before', async () => {
    const traffic = new Traffic();
    const { clock, sampler } = setUp(traffic);
    // One record a second for ten minutes, then two.
    for (let second = 0; second < 600; second += 1) {
      traffic.recordsIn += 1;
      traffic.bytesIn += 10;
      await clock.advance(1000);
    }
    const [minute, five] = sampler.windowsOf(traffic);
    expect(minute).toMatchObject({ windowMs: 60_000, elapsedMs: 60_000, recordsIn: 60, bytesIn: 600, recordsOut: 0 });
    expect(five).toMatchObject({ windowMs: 300_000, elapsedMs: 300_000, recordsIn: 300, bytesIn: 3000 });
    for (let second = 0; second < 65; second += 1) {
      traffic.recordsIn += 2;
      await clock.advance(1000);
    }
    const [later] = sampler.windowsOf(traffic);
    expect(later!.recordsIn / later!.elapsedMs).toBeCloseTo(0.002, 5);
    expect(later!.elapsedMs).toBeGreaterThanOrEqual(60_000);
    expect(later!.elapsedMs).toBeLessThan(70_000);
  });

  it('M1 a window of a young broker is as long as its life', async () => {
    const traffic = new Traffic();
    const { clock, sampler } = setUp(traffic);
    await clock.advance(15_000);
    traffic.recordsOut += 30;
    await clock.advance(5_000);
    for (const window of sampler.windowsOf(traffic))
      expect(window).toMatchObject({ elapsedMs: 20_000, recordsIn: 0, recordsOut: 30 });
  });

  it('M1 what is over falls out of the windows', async () => {
    const traffic = new Traffic();
    const { clock, sampler } = setUp(traffic);
    traffic.recordsIn = 100;
    await clock.advance(75_000);
    expect(sampler.windowsOf(traffic).map(({ recordsIn }) => recordsIn)).toEqual([0, 100]);
    traffic.bytesIn = 7;
    expect(sampler.latelyMoved(traffic)).toBe(7);
    await clock.advance(300_000);
    expect(sampler.windowsOf(traffic).map(({ recordsIn }) => recordsIn)).toEqual([0, 0]);
  });

  it('M1 one timer serves any number of topics, and those without traffic keep no samples', async () => {
    const traffics = Array.from({ length: 1000 }, () => new Traffic());
    traffics[7]!.recordsIn = 1;
    const { clock, sampler } = setUp(...traffics);
    await clock.advance(60_000);
    expect(clock.pending).toBe(1);
    expect(traffics.filter(({ samples }) => samples !== null)).toHaveLength(1);
    sampler.stop();
    expect(clock.pending).toBe(0);
  });
});

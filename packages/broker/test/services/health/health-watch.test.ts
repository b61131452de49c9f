import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import type { BoardChanges } from '../../../src/services/health/condition-board.ts';
import { HealthWatch } from '../../../src/services/health/health-watch.ts';
import { defaultThresholds } from '../../../src/services/health/thresholds.ts';
import { healthSources } from './health-scene.ts';

class Scene {
  readonly clock = new ManualClock();
  readonly sources = healthSources();
  readonly thresholds = { ...defaultThresholds };
  readonly lines: string[] = [];
  readonly changes: BoardChanges[] = [];
  readonly watch: HealthWatch;

  constructor() {
    const { clock, sources, thresholds } = this;
    const say = (level: string) => (fields: object, message: string) =>
      void this.lines.push(`${level} ${(fields as { event?: string }).event} ${message}`);
    const logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
    this.watch = new HealthWatch({ clock, logger, thresholds, sources, intervalMs: 1_000 });
    this.watch.onChange((changes) => this.changes.push(changes));
    this.watch.start();
  }

  names(): string[] {
    return this.watch.report().conditions.map(({ name }) => name);
  }
}

describe('watch of health', () => {
  it('O4 Q2 tells a full disk, in the log and to listeners, and its end', async () => {
    const scene = new Scene();
    const { room } = scene.sources.store;
    await scene.clock.advance(2_000);
    expect(scene.watch.report()).toMatchObject({ status: 'healthy', conditions: [], writesRefused: null });
    scene.sources.store.room = { ...room, isDiskShort: true, reserveBytes: 500 };
    await scene.clock.advance(1_000);
    expect(scene.watch.report()).toMatchObject({
      status: 'critical',
      conditions: [{ name: 'disk.full', sinceMs: scene.clock.now() }],
      writesRefused: expect.stringContaining('kept in reserve'),
    });
    scene.sources.store.room = room;
    await scene.clock.advance(1_000);
    // Writes are taken at once; the condition stays until it is sure.
    expect(scene.watch.report()).toMatchObject({ status: 'critical', writesRefused: null });
    await scene.clock.advance(40_000);
    expect(scene.watch.report()).toMatchObject({ status: 'healthy', cleared: [{ name: 'disk.full' }] });
    expect(scene.lines).toEqual([
      'error alert.raised_critical the disk has 800 bytes free, and 500 are kept in reserve',
      'info alert.cleared no longer so: the disk has 800 bytes free, and 500 are kept in reserve',
    ]);
    expect(scene.changes.map(({ raised, cleared }) => [raised.length, cleared.length])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it('O4 tells a disk that does not finish a round, and counts anew when it has', async () => {
    const scene = new Scene();
    scene.sources.store.pendingBytes = 10;
    await scene.clock.advance(10_000);
    expect(scene.names()).toEqual([]);
    await scene.clock.advance(1_000);
    expect(scene.names()).toEqual(['disk.stuck']);
    expect(scene.watch.hangsForMs).toBeGreaterThanOrEqual(10_000);
    // A busy disk always has something to do; what counts is that its rounds end.
    scene.sources.store.stats = { ...scene.sources.store.stats, rounds: 1 };
    await scene.clock.advance(1_000);
    expect(scene.watch.report().writesRefused).toBeNull();
    expect(scene.watch.hangsForMs).toBe(0);
  });

  it('O4, SEC-9 tells of many refused logins within a minute, and not of as many within an hour', async () => {
    const scene = new Scene();
    let refused = 0;
    scene.sources.refusedLogins = () => refused;
    for (let minute = 0; minute < 60; minute += 1) {
      refused += 60;
      await scene.clock.advance(60_000);
    }
    expect(scene.names()).toEqual([]);
    refused += 61;
    await scene.clock.advance(1_000);
    expect(scene.watch.report().conditions).toMatchObject([
      { name: 'logins.refused', reason: expect.stringContaining('within a minute') as string },
    ]);
    await scene.clock.advance(120_000);
    expect(scene.names()).toEqual([]);
  });

  it('O4 sees by its own timer that the event loop stood still', async () => {
    const scene = new Scene();
    await scene.clock.advance(1_500);
    scene.clock.jumpTo(scene.clock.now() + 900);
    await scene.clock.advance(0);
    expect(scene.names()).toEqual([]);
    scene.clock.jumpTo(scene.clock.now() + 1_700);
    await scene.clock.advance(0);
    expect(scene.watch.report().conditions).toMatchObject([{ name: 'loop.blocked', figures: { blockedMs: 700 } }]);
  });

  it('O4 Q3 takes what others report until they take it back', async () => {
    const scene = new Scene();
    scene.watch.tell('settings.bad', { reason: 'q.yaml: not YAML', figures: {} });
    await scene.clock.advance(1_000);
    expect(scene.watch.report()).toMatchObject({ status: 'degraded', conditions: [{ name: 'settings.bad' }] });
    scene.watch.tell('settings.bad', null);
    await scene.clock.advance(31_000);
    expect(scene.watch.report().status).toBe('healthy');
  });

  it('O4 tells what has happened, and that it happened no more', async () => {
    const scene = new Scene();
    scene.watch.note('logs.dropped', { reason: '7 lines of connection.opened were left out', figures: { lines: 7 } });
    await scene.clock.advance(1_000);
    expect(scene.names()).toEqual(['logs.dropped']);
    await scene.clock.advance(30_000);
    expect(scene.names()).toEqual([]);
  });

  it('Q3 takes other thresholds while it runs', async () => {
    const scene = new Scene();
    scene.thresholds.diskLowPercent = 85;
    await scene.clock.advance(6_000);
    expect(scene.names()).toEqual(['disk.low']);
    scene.thresholds.diskLowPercent = 15;
    await scene.clock.advance(31_000);
    expect(scene.names()).toEqual([]);
  });

  it('O4 goes on when a look fails, and when a listener does', async () => {
    const scene = new Scene();
    scene.watch.onChange(() => {
      throw new Error('not now');
    });
    scene.sources.connections = () => {
      throw new Error('no look');
    };
    await scene.clock.advance(1_000);
    expect(scene.lines.at(-1)).toContain('could not look at its health');
    scene.sources.connections = () => 0;
    scene.sources.store.room = { ...scene.sources.store.room, refusal: 'full' };
    await scene.clock.advance(1_000);
    expect(scene.names()).toEqual(['disk.full']);
    expect(scene.lines.at(-1)).toContain('an alert could not be passed on');
  });

  it('O4 asks the disk once at a time, and keeps the last answer', async () => {
    const scene = new Scene();
    await scene.clock.advance(6_000);
    let asked = 0;
    scene.sources.store.diskSpace = () => {
      asked += 1;
      return new Promise(() => undefined);
    };
    await scene.clock.advance(60_000);
    expect(asked).toBe(1);
    scene.watch.stop();
    expect(scene.clock.pending).toBe(0);
  });
});

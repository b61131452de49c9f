import type { MaintenanceReport } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { Maintenance } from '../../src/background/maintenance.ts';
import type { BrokerLogger } from '../../src/logger.ts';

const nothing: MaintenanceReport = {
  segmentsDeleted: 0,
  bytesDeleted: 0,
  logsCompacted: 0,
  bytesCompacted: 0,
  filesRemoved: 0,
  logsCheckpointed: 0,
  logsFailed: 0,
};

function setUp(maintain: () => Promise<MaintenanceReport>, tryAgain: () => Promise<void> = () => Promise.resolve()) {
  const clock = new ManualClock();
  const rounds: number[] = [];
  const lines: string[] = [];
  const logger: BrokerLogger = {
    debug() {},
    info: (_fields, line) => void lines.push(line),
    warn() {},
    error: (_fields, line) => void lines.push(line),
  };
  const store = {
    maintain: () => {
      rounds.push(clock.monotonic());
      return maintain();
    },
  };
  return { clock, rounds, lines, maintenance: new Maintenance({ store, tryAgain, clock, logger, intervalMs: 1000 }) };
}

describe('Maintenance', () => {
  it('S4 works in rounds, by the injected clock, and says what it removed', async () => {
    const { clock, rounds, lines, maintenance } = setUp(() =>
      Promise.resolve({ ...nothing, segmentsDeleted: rounds.length === 2 ? 3 : 0 }),
    );
    maintenance.start();
    await clock.advance(3000);
    expect(rounds).toEqual([1000, 2000, 3000]);
    expect(lines).toEqual(['old records were cleaned up']);
  });

  it('S4 goes on after a round that failed', async () => {
    const { clock, rounds, lines, maintenance } = setUp(() => Promise.reject(new Error('EIO')));
    maintenance.start();
    await clock.advance(2000);
    expect(rounds).toHaveLength(2);
    expect(lines).toEqual(['cleaning up old records failed', 'cleaning up old records failed']);
  });

  it('S2 tries again what had failed, in each round, whatever becomes of that', async () => {
    let tries = 0;
    const tryAgain = (): Promise<void> => (
      (tries += 1),
      tries === 1 ? Promise.reject(new Error('EIO')) : Promise.resolve()
    );
    const { clock, lines, maintenance } = setUp(() => Promise.reject(new Error('EIO')), tryAgain);
    maintenance.start();
    await clock.advance(2000);
    expect(tries).toBe(2);
    expect(lines).toEqual([
      'cleaning up old records failed',
      'what had failed could not be tried again',
      'cleaning up old records failed',
    ]);
  });

  it('B6 stops after the round that is under way', async () => {
    let finish: () => void = () => undefined;
    const { clock, rounds, maintenance } = setUp(() => new Promise((resolve) => (finish = () => resolve(nothing))));
    maintenance.start();
    await clock.advance(1000);
    let stopped = false;
    const stopping = maintenance.stop().then(() => (stopped = true));
    await clock.advance(5000);
    expect(stopped).toBe(false);
    finish();
    await stopping;
    await clock.advance(5000);
    expect(rounds).toHaveLength(1);
  });
});

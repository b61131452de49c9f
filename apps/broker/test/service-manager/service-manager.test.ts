import { describe, expect, it } from 'vitest';
import { ServiceManager } from '../../src/service-manager/service-manager.ts';
import { watchdogTimeoutMs } from '../../src/service-manager/watchdog-timeout.ts';

class Scene {
  readonly sent: string[][] = [];
  readonly warnings: object[] = [];
  beat: () => void = () => undefined;
  intervalMs = 0;
  stuckMs = 0;
  answer: () => Promise<void> = () => Promise.resolve();
  readonly manager = new ServiceManager({
    send: (lines) => {
      this.sent.push([...lines]);
      return this.answer();
    },
    logger: { warn: (fields) => void this.warnings.push(fields) },
    monotonicMicros: () => 42n,
  });

  watch(timeoutMs: number): void {
    this.manager.watch({
      timeoutMs,
      stuckForMs: () => this.stuckMs,
      every: (intervalMs, run) => {
        this.intervalMs = intervalMs;
        this.beat = run;
        return () => (this.beat = () => undefined);
      },
    });
  }

  async settled(): Promise<void> {
    for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
  }
}

describe('service manager', () => {
  it('O4 Q2 is told that the broker serves, loads its settings, and stops', async () => {
    const scene = new Scene();
    scene.manager.ready('serves\nat q://127.0.0.1:7420');
    await scene.settled();
    scene.manager.reloading();
    await scene.settled();
    scene.manager.ready('serves');
    await scene.manager.stopping('3 requests under way');
    expect(scene.sent).toEqual([
      ['READY=1', 'STATUS=serves at q://127.0.0.1:7420'],
      ['RELOADING=1', 'MONOTONIC_USEC=42'],
      ['READY=1', 'STATUS=serves'],
      ['STOPPING=1', 'STATUS=3 requests under way'],
    ]);
  });

  it('Q2 hears that the broker is alive twice in its time, and not while the disk hangs', async () => {
    const scene = new Scene();
    scene.watch(30_000);
    expect(scene.intervalMs).toBe(15_000);
    scene.beat();
    await scene.settled();
    scene.stuckMs = 15_000;
    scene.beat();
    scene.beat();
    await scene.settled();
    expect(scene.sent).toEqual([['WATCHDOG=1']]);
    expect(scene.warnings).toMatchObject([{ event: 'process.watchdog_silent', stuckMs: 15_000 }]);
    scene.stuckMs = 0;
    scene.beat();
    await scene.settled();
    expect(scene.sent).toHaveLength(2);
    await scene.manager.stopping('');
    scene.beat();
    expect(scene.sent).toHaveLength(3);
  });

  it('Q2 is told one thing after the other, and of each kind the newest', async () => {
    const scene = new Scene();
    const { promise, resolve } = Promise.withResolvers<void>();
    scene.answer = () => promise;
    scene.manager.ready('a');
    for (let count = 0; count < 100; count += 1) scene.manager.status(`${count}`);
    expect(scene.sent).toHaveLength(1);
    resolve();
    await scene.settled();
    expect(scene.sent.slice(1)).toEqual([['STATUS=99']]);
  });

  it('Q2 that cannot be reached is told of once, and nothing else', async () => {
    const scene = new Scene();
    scene.answer = () => Promise.reject(new Error('gone'));
    scene.manager.ready('a');
    await scene.settled();
    scene.manager.status('b');
    await scene.manager.stopping('c');
    expect(scene.warnings).toMatchObject([{ event: 'process.manager_unreachable' }]);
  });

  it.each([
    [{ WATCHDOG_USEC: '30000000' }, 30_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 30_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, null],
    [{ WATCHDOG_USEC: 'soon' }, null],
    [{ WATCHDOG_USEC: '0' }, null],
    [{}, null],
  ])('Q2 watches this process or not: %j', (env, timeoutMs) => {
    expect(watchdogTimeoutMs(env, { pid: 7 })).toBe(timeoutMs);
  });
});

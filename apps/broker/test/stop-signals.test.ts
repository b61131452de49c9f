import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { firstStopSignal, onHangup, releaseStopSignals } from '../src/stop-signals.ts';

class FakeProcess extends EventEmitter {
  readonly pid = 7;
  readonly exits: number[] = [];
  /** Signals that the process sent to a process, and how many of its own listeners it had then. */
  readonly kills: unknown[] = [];
  kill(pid: number, signal: NodeJS.Signals): void {
    this.kills.push([pid, signal, this.listenerCount(signal)]);
  }
  exit(code: number): never {
    this.exits.push(code);
    return undefined as never;
  }
}

describe('stop signals', () => {
  it('B6 resolves with the first and dies of the second at once, which no thread can keep up', async () => {
    const source = new FakeProcess();
    const stop = firstStopSignal(source, { hangup: 'stop' });
    source.emit('SIGTERM');
    expect(await stop).toBe('SIGTERM');
    expect(source.exits).toEqual([]);
    source.emit('SIGINT');
    expect(source.kills).toEqual([[7, 'SIGINT', 0]]);
    // The first process of a container is still there.
    expect(source.exits).toEqual([130]);
  });

  it("B6 are the system's again before an exit, which may hang", () => {
    const source = new FakeProcess();
    void firstStopSignal(source, { hangup: 'stop' });
    releaseStopSignals(source);
    expect(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => source.listenerCount(signal))).toEqual([0, 0, 0]);
  });

  it('B6 takes a closed terminal as a wish to stop cleanly', async () => {
    const source = new FakeProcess();
    const stop = firstStopSignal(source, { hangup: 'stop' });
    source.emit('SIGHUP');
    expect(await stop).toBe('SIGHUP');
  });

  it('O3 without a terminal SIGHUP asks for a reload, and ends nothing before anybody can do that', () => {
    const source = new FakeProcess();
    let reloads = 0;
    void firstStopSignal(source, { hangup: 'reload' });
    expect(source.emit('SIGHUP')).toBe(true);
    onHangup(source, () => void (reloads += 1));
    source.emit('SIGHUP');
    source.emit('SIGHUP');
    expect([reloads, source.exits, source.kills]).toEqual([2, [], []]);
  });
});

import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { firstStopSignal } from '../src/stop-signals.ts';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): never {
    this.exits.push(code);
    return undefined as never;
  }
}

describe('stop signals', () => {
  it('B6 resolves with the first and exits at once on the second', async () => {
    const source = new FakeProcess();
    const stop = firstStopSignal(source);
    source.emit('SIGTERM');
    expect(await stop).toBe('SIGTERM');
    expect(source.exits).toEqual([]);
    source.emit('SIGINT');
    expect(source.exits).toEqual([130]);
  });

  it('B6 takes a closed terminal as a wish to stop cleanly', async () => {
    const source = new FakeProcess();
    const stop = firstStopSignal(source);
    source.emit('SIGHUP');
    expect(await stop).toBe('SIGHUP');
  });
});

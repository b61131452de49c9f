import { ManualClock, seededRandom } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';

import type { Clock } from '../../src/clock.ts';
import { connect } from '../../src/connect.ts';
import type { ConnectOptions } from '../../src/connect-options.ts';
import type { Q } from '../../src/q.ts';
import { FakeBroker } from './fake-broker.ts';
import { MemoryNetwork } from './memory-network.ts';

export const fakeAddress = { host: 'fake', port: 7420 };

/** Longer than anything that a test waits for in earnest. */
const patienceMs = 600_000;

/**
 * A client and a fake broker on a clock that only moves while the test waits for something. The same seed gives the
 * same run.
 */
export class FakeScene {
  readonly clock = new ManualClock({ defer: 'manual' });
  readonly random: SeededRandom;
  readonly network: MemoryNetwork;
  readonly broker: FakeBroker;

  constructor(o: { seed?: number; delayMs?: number; chunks?: boolean } = {}) {
    this.random = seededRandom(o.seed ?? 1);
    this.network = new MemoryNetwork({
      clock: this.clock,
      delayMs: o.delayMs ?? 1,
      ...(o.chunks === true ? { random: this.random.fork() } : {}),
    });
    this.broker = new FakeBroker({ clock: this.clock });
    this.network.listen(fakeAddress, this.broker.accept);
  }

  connect(options: ConnectOptions = {}): Promise<Q> {
    return this.settle(this.connecting(options));
  }

  connecting(options: ConnectOptions = {}): Promise<Q> {
    const { clock } = this;
    // Like a machine's clock, it tells whole milliseconds, although the waits have fractions.
    const wholeMs: Clock = {
      now: () => Math.floor(clock.now()),
      monotonic: () => clock.monotonic(),
      schedule: (delayMs, fn) => clock.schedule(delayMs, fn),
      defer: (fn) => clock.defer(fn),
    };
    return connect('q://fake:7420', { clock: wholeMs, random: this.random.fork(), network: this.network, ...options });
  }

  /** Moves the clock, from one timer to the next, until the promise is settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    await this.until(() => settled);
    return promise;
  }

  /** Moves the clock until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    const startMs = this.clock.monotonic();
    await this.clock.runDeferred();
    while (!condition()) {
      const dueMs = this.clock.nextDueMs;
      if (dueMs === null)
        throw new Error(`nothing is left to happen at ${this.clock.monotonic()} ms, and what was waited for has not`);
      if (this.clock.monotonic() - startMs > patienceMs) throw new Error(`waited ${patienceMs} ms in vain`);
      await this.clock.advance(Math.max(0, dueMs - this.clock.now()));
    }
  }
}

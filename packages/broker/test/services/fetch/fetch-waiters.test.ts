import { describe, expect, it } from 'vitest';
import { ManualClock } from '@q/testkit';
import { FetchWaiters } from '../../../src/services/fetch/fetch-waiters.ts';
import { FakeLog } from '../../fakes/fake-log.ts';
import { FakeSignal } from '../../fakes/fake-caller.ts';
import { partitionWith } from '../../fakes/topics.ts';
import { batchOf } from '../../harness.ts';

function setUp(wakesPerTurnMax = 100) {
  const clock = new ManualClock({ defer: 'manual' });
  const log = new FakeLog();
  return {
    clock,
    log,
    waiters: new FetchWaiters({ clock, wakesPerTurnMax }),
    signal: new FakeSignal(),
    partition: partitionWith(log),
  };
}

describe('FetchWaiters', () => {
  it('C2 wakes when the high watermark moves, and leaves nothing behind', async () => {
    const { clock, log, waiters, signal, partition } = setUp();
    const woken = waiters.wait({ partitions: [partition], timeoutMs: 1000, signal });
    expect(waiters.count).toBe(1);
    log.append(batchOf('a'), { leaderEpoch: 0 });
    await woken;
    expect(waiters.count).toBe(0);
    expect(signal.listeners).toBe(0);
    await clock.runDeferred();
    expect(clock.pending).toBe(0);
  });

  it('W3 one record wakes everybody, some in each turn and in their order', async () => {
    const { clock, log, waiters, signal, partition } = setUp(4);
    const order: number[] = [];
    const waits = Array.from({ length: 5 }, (_, index) => {
      const partitions = [partition, partition];
      return waiters.wait({ partitions, timeoutMs: 1000, signal }).then(() => order.push(index));
    });
    log.append(batchOf('a'), { leaderEpoch: 0 });
    expect(waiters.count).toBe(0);
    await Promise.all(waits.slice(0, 2));
    expect(order).toEqual([0, 1]);
    // Whoever is woken now does not overtake the others.
    const later = waiters.wait({ partitions: [], timeoutMs: 1000, signal }).then(() => order.push(5));
    signal.abort();
    await clock.runDeferred();
    await Promise.all([...waits, later]);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(clock.pending).toBe(0);
  });

  it('C2 wakes when the time is up', async () => {
    const { clock, waiters, signal, partition } = setUp();
    const woken = waiters.wait({ partitions: [partition], timeoutMs: 1000, signal });
    await clock.advance(999);
    expect(waiters.count).toBe(1);
    await clock.advance(1);
    await woken;
    expect(waiters.count).toBe(0);
  });

  it('C2 wakes when the client hangs up, or the topic goes', async () => {
    const { waiters, signal, partition } = setUp();
    const hungUp = waiters.wait({ partitions: [partition], timeoutMs: 1000, signal });
    signal.abort();
    await hungUp;
    const retired = waiters.wait({ partitions: [partition], timeoutMs: 1000, signal: new FakeSignal() });
    partition.retire();
    await retired;
    expect(waiters.count).toBe(0);
  });

  it('B6 wakes everybody when the broker stops, and lets nobody wait again', async () => {
    const { waiters, signal, partition } = setUp();
    const woken = waiters.wait({ partitions: [partition], timeoutMs: 1000, signal });
    waiters.releaseAll();
    await woken;
    await waiters.wait({ partitions: [partition], timeoutMs: 1000, signal });
    expect(waiters.count).toBe(0);
  });
});

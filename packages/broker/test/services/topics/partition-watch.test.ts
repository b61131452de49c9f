import type { PartitionLog } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { Partition } from '../../../src/services/topics/topic.ts';
import { leaderAt } from '../../fakes/topics.ts';
import type { Topic } from '../../../src/services/topics/topic.ts';

/** Stands in for a log: who listens, and a high watermark that moves when it is told to. */
function fakeLog(): { log: PartitionLog; listeners: Set<() => void>; move: () => void } {
  const listeners = new Set<() => void>();
  const onHighWatermark = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    log: { onHighWatermark } as unknown as PartitionLog,
    listeners,
    move: () => listeners.forEach((listener) => listener()),
  };
}

describe('a partition', () => {
  it('C3 Z2 listens to its log only while somebody waits, and once for all of them', () => {
    const partition = new Partition({ name: 't' } as Topic, 0, leaderAt(0));
    const { log, listeners, move } = fakeLog();
    partition.serve(log);
    expect(listeners.size).toBe(0);
    const woken: string[] = [];
    const stops = ['a', 'b'].map((name) => partition.onRecords(() => void woken.push(name)));
    expect(listeners.size).toBe(1);
    move();
    stops[0]?.();
    move();
    expect(woken).toEqual(['a', 'b', 'b']);
    stops[1]?.();
    expect(listeners.size).toBe(0);
    partition.onRecords(() => void woken.push('c'));
    move();
    expect(woken.at(-1)).toBe('c');
  });

  it('C3 tells those who waited before it had a log', () => {
    const partition = new Partition({ name: 't' } as Topic, 0, leaderAt(0));
    const { log, move } = fakeLog();
    let woken = 0;
    partition.onRecords(() => void (woken += 1));
    partition.serve(log);
    move();
    expect(woken).toBe(1);
  });
});

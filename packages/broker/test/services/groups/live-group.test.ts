import { CommittedOffsets, createGroup } from '@q/coordinator';
import type { Group, GroupRecord } from '@q/coordinator';
import { describe, expect, it } from 'vitest';
import type { WriteEnded } from '../../../src/state-log/state-log.ts';
import { LiveGroup } from '../../../src/services/groups/live-group.ts';

const topicId = '00000000-0000-4000-8000-0000000000aa';
const place = { topicId, partition: 0 };
const stateRecord = (groupEpoch: number): GroupRecord => ({
  kind: 'group',
  groupId: 'g',
  assigns: 'broker',
  groupEpoch,
  targetEpoch: groupEpoch,
  emptySinceWallMs: null,
});

interface Round {
  readonly durable: PromiseWithResolvers<void>;
  readonly ended: WriteEnded;
}

/** A log whose rounds the test ends: everything that is written before shares one. */
class Rounds {
  #open: Round | null = null;
  #sealed: Round[] = [];

  write(_groupId: string, _records: readonly GroupRecord[], ended: WriteEnded): Promise<void> {
    this.#open ??= { durable: Promise.withResolvers<void>(), ended };
    return this.#open.durable.promise;
  }

  /** What is written from now on is the next round. */
  seal(): void {
    if (this.#open !== null) this.#sealed.push(this.#open);
    this.#open = null;
  }

  /** Ends the oldest round well. */
  keep(): void {
    const { durable, ended } = this.#sealed.shift()!;
    ended(durable.promise, 'durable');
    durable.resolve();
  }

  /** As the log does: what was handed over behind the failed round fails with it, and the group hears it at once. */
  fail(): void {
    this.seal();
    for (const { durable, ended } of this.#sealed.splice(0)) {
      durable.promise.catch(() => undefined);
      ended(durable.promise, 'failed');
      durable.reject(new Error('the disk is full'));
    }
  }
}

function setUp() {
  const log = new Rounds();
  const outcomes: string[] = [];
  const live = new LiveGroup({
    groupId: 'g',
    group: null,
    classic: null,
    offsets: new CommittedOffsets(),
    applied: new Map(),
    log,
    written: (_live, outcome) => void outcomes.push(outcome),
  });
  const commit = (offset: number): void =>
    live.putOffset(place, { offset, leaderEpoch: 0, metadata: null, committedAtMs: offset }, offset);
  const offsetNow = (): number | null => live.offsets.get(topicId, 0)?.offset ?? null;
  const at = (groupEpoch: number): Group => ({ ...createGroup('g', { nowMs: 0 }), groupEpoch });
  return { log, live, outcomes, commit, offsetNow, at };
}

describe('LiveGroup', () => {
  it('G3 shows a change at once, and settles when it is durable', async () => {
    const { log, live, outcomes, commit, offsetNow, at } = setUp();
    live.advance(at(1), [stateRecord(1)]);
    commit(10);
    expect([live.group?.groupEpoch, offsetNow()]).toEqual([1, 10]);
    expect(live.isGone).toBe(false);
    const settled = live.settled();
    log.seal();
    log.keep();
    await settled;
    expect(outcomes).toEqual(['durable']);
  });

  it('G3 goes back to what is durable when a write fails, over all that was built on it', async () => {
    const { log, live, outcomes, commit, offsetNow, at } = setUp();
    live.advance(at(1), [stateRecord(1)]);
    commit(10);
    log.seal();
    log.keep();
    await live.settled();

    live.advance(at(2), [stateRecord(2)]);
    commit(20);
    commit(30);
    log.seal();
    live.advance(at(3), [stateRecord(3)]);
    commit(40);
    live.deleteOffset(place);
    expect([live.group?.groupEpoch, offsetNow()]).toEqual([3, null]);
    const settled = live.settled();
    log.fail();
    await expect(settled).rejects.toThrow('the disk is full');
    expect([live.group?.groupEpoch, offsetNow()]).toEqual([1, 10]);
    expect(outcomes).toEqual(['durable', 'failed']);
    await live.settled();
  });

  it('G3 keeps what a round that ended made durable when the one behind it fails', async () => {
    const { log, live, commit, offsetNow, at } = setUp();
    live.advance(at(1), [stateRecord(1)]);
    commit(10);
    log.seal();
    live.advance(at(2), [stateRecord(2)]);
    commit(20);
    log.keep();
    await Promise.resolve();
    const settled = live.settled();
    log.fail();
    await expect(settled).rejects.toThrow('the disk is full');
    expect([live.group?.groupEpoch, offsetNow()]).toEqual([1, 10]);
  });

  it('G3 keeps what came in the moment after a failure', async () => {
    const { log, live, commit, offsetNow } = setUp();
    commit(10);
    log.fail();
    expect(offsetNow()).toBeNull();
    commit(20);
    const settled = live.settled();
    await Promise.resolve();
    expect(offsetNow()).toBe(20);
    log.seal();
    log.keep();
    await settled;
    expect(offsetNow()).toBe(20);
  });

  it('G1 keeps a change that is not stored without a write', async () => {
    const { log, live, at } = setUp();
    live.advance(at(1), [stateRecord(1)]);
    log.seal();
    log.keep();
    await live.settled();
    const heard = { ...at(1), emptySinceMs: 7 };
    live.advance(heard, []);
    live.advance(at(2), [stateRecord(2)]);
    const settled = live.settled();
    log.fail();
    await expect(settled).rejects.toThrow('the disk is full');
    expect(live.group).toBe(heard);
  });

  it('G3 is gone once its deletion is durable, and back when that fails', async () => {
    const { log, live, commit, offsetNow, at } = setUp();
    live.advance(at(1), [stateRecord(1)]);
    commit(10);
    log.seal();
    log.keep();
    await live.settled();

    const remove = (): void => {
      expect(live.deleteOffset(place)).toBe(true);
      expect(live.deleteOffset(place)).toBe(false);
      live.advance(null, [{ kind: 'group-gone', groupId: 'g' }]);
    };
    remove();
    expect([live.exists, live.isGone]).toEqual([false, false]);
    const failed = live.settled();
    log.fail();
    await expect(failed).rejects.toThrow('the disk is full');
    expect([live.exists, offsetNow()]).toEqual([true, 10]);

    remove();
    log.seal();
    log.keep();
    await live.settled();
    expect([live.exists, live.isGone]).toEqual([false, true]);
  });
});

import { describe, expect, it } from 'vitest';
import { RecordTime } from '../../src/producer/record-time.ts';

/** A clock that counts the looks at it, and whose turns end when they are told to. */
class LookedAt {
  nowMs = 1_000;
  looks = 0;
  #deferred: (() => void)[] = [];

  now(): number {
    this.looks += 1;
    return this.nowMs;
  }

  /** Another clock, which runs along with it. */
  monotonic(): number {
    this.looks += 1;
    return this.nowMs - 900;
  }

  defer(run: () => void): void {
    this.#deferred.push(run);
  }

  endTurn(): void {
    for (const run of this.#deferred.splice(0)) run();
  }
}

describe('the time of records', () => {
  it('P3 is looked at seldom in a burst', () => {
    const clock = new LookedAt();
    const time = new RecordTime(clock);
    for (let record = 0; record < 10_000; record += 1) expect(time.now()).toBe(1_000);
    expect(clock.looks).toBeLessThan(200);
  });

  it('Z2 begins batches at the monotonic time, which is looked at as seldom', () => {
    const clock = new LookedAt();
    const time = new RecordTime(clock);
    for (let batch = 0; batch < 1_000; batch += 1) expect([time.now(), time.monotonic()]).toEqual([1_000, 100]);
    expect(clock.looks).toBeLessThan(100);
    clock.endTurn();
    clock.nowMs += 7;
    expect(time.monotonic()).toBe(107);
    clock.nowMs += 1;
    expect(time.monotonic()).toBe(108);
  });

  it('P3 is looked at anew in each turn of the event loop', () => {
    const clock = new LookedAt();
    const time = new RecordTime(clock);
    for (let record = 0; record < 1_000; record += 1) time.now();
    for (let turn = 0; turn < 5; turn += 1) {
      clock.endTurn();
      clock.nowMs += 7;
      expect(time.now()).toBe(clock.nowMs);
    }
  });

  it('P3 is right for each record of a loop that computes between them', () => {
    const clock = new LookedAt();
    const time = new RecordTime(clock);
    for (let record = 0; record < 50; record += 1) {
      expect(time.now()).toBe(clock.nowMs);
      clock.nowMs += 1;
    }
  });

  it('P3 is late for no more than a share of records when a burst ends in one that takes long', () => {
    const clock = new LookedAt();
    const time = new RecordTime(clock);
    for (let record = 0; record < 1_000; record += 1) time.now();
    clock.nowMs += 5_000;
    let late = 0;
    for (let record = 0; record < 200; record += 1) late += Number(time.now() !== clock.nowMs);
    expect(late).toBeLessThan(64);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AckTracker } from '../../src/group/ack-tracker.ts';

/** What the tracker has to do, said as plainly as can be. */
class NaiveTracker {
  entries: { sequence: number; offset: number; next: number; isAcked: boolean }[] = [];
  next = 0;
  floor = 0;

  get prefix(): number {
    return Math.max(this.floor, this.entries.find(({ isAcked }) => !isAcked)?.offset ?? this.next);
  }

  /** Returns how many messages that was news for: as many as each entry has offsets. */
  ackBelow(offset: number): number {
    this.floor = Math.max(this.floor, offset);
    const news = this.entries.filter((entry) => !entry.isAcked && entry.next <= offset);
    for (const entry of news) entry.isAcked = true;
    return news.reduce((sum, entry) => sum + entry.next - entry.offset, 0);
  }

  ack(sequence: number): boolean {
    const entry = this.entries.find((other) => other.sequence === sequence);
    if (entry === undefined || entry.isAcked) return false;
    entry.isAcked = true;
    return true;
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('add' as const), gap: fc.nat(3), length: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ack' as const), back: fc.nat(60) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('ackBelow' as const), ahead: fc.integer({ min: -30, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), by: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), to: fc.nat(100) }) },
);

describe('the ack tracker', () => {
  it('C4 does what a naive model does, whatever is acknowledged in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const [tracker, model] = [new AckTracker(0), new NaiveTracker()];
        let added = 0;
        for (const { kind, ...o } of steps) {
          if (kind === 'add') {
            const { gap, length } = o as { gap: number; length: number };
            const offset = model.next + gap;
            const sequence = tracker.add(offset, offset + length, length);
            model.entries.push({ sequence, offset, next: offset + length, isAcked: offset + length <= model.floor });
            model.next = offset + length;
            added += 1;
          } else if (kind === 'ack' && added > 0) {
            const sequence = Math.max(0, added - 1 - (o as { back: number }).back);
            expect(tracker.isPending(sequence)).toBe(
              model.entries.some((entry) => entry.sequence === sequence && !entry.isAcked),
            );
            expect(tracker.ack(sequence)).toBe(model.ack(sequence));
          } else if (kind === 'ackBelow') {
            const offset = Math.max(0, model.next + (o as { ahead: number }).ahead);
            expect(tracker.ackBelow(offset)).toBe(model.ackBelow(offset));
          } else if (kind === 'pass') {
            model.next += (o as { by: number }).by;
            tracker.pass(model.next);
          } else if (kind === 'reset') {
            model.entries = [];
            model.floor = 0;
            model.next = (o as { to: number }).to;
            tracker.reset(model.next);
          }
          expect(tracker.prefix).toBe(model.prefix);
          expect(tracker.end).toBe(model.next);
          expect(tracker.isEmpty).toBe(model.entries.every(({ isAcked }) => isAcked));
        }
      }),
    );
  });

  it('keeps its size while entries come and go', () => {
    const tracker = new AckTracker(100);
    for (let offset = 100; offset < 100_100; offset += 1) tracker.ack(tracker.add(offset, offset + 1));
    expect(tracker.prefix).toBe(100_100);
    expect(tracker.isEmpty).toBe(true);
  });
});

it('X3 what is behind the last entry are markers that were passed, and behind another one the next entry', () => {
  const tracker = new AckTracker(0);
  const [first, last] = [tracker.add(0, 1), tracker.add(1, 2)];
  tracker.pass(4);
  expect(tracker.nextAfter(last, 1)).toBe(4);
  expect(tracker.nextAfter(first, 0)).toBe(1);
  // One that was handed out meanwhile is not behind it.
  tracker.add(4, 5);
  expect(tracker.nextAfter(last, 1)).toBe(2);
});

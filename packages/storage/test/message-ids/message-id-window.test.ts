import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageIdWindow } from '../../src/message-ids/message-id-window.ts';
import type { AppendTime } from '../../src/message-ids/message-id-window.ts';

const limits = { messageIdsMax: 1_000, messageIdBytesMax: 100_000 };

function windowOf(windowMs: number, o: Partial<typeof limits> = {}): MessageIdWindow {
  return new MessageIdWindow({ windowMs, limits: { ...limits, ...o } });
}

function at(ms: number): AppendTime {
  return { now: ms, wallMs: ms };
}

describe('MessageIdWindow', () => {
  it('P4 finds the first offset of an id inside the window, and forgets it after', () => {
    const window = windowOf(100);
    window.apply(['a', null, 'b'], 10, at(0));
    expect(window.check(['b', 'a'], 20, at(99))).toEqual({
      repeats: [
        { index: 0, offset: 12, appendedMs: 0 },
        { index: 1, offset: 10, appendedMs: 0 },
      ],
      all: true,
    });
    expect(window.check(['b', 'c', null], 20, at(99))).toEqual({
      repeats: [{ index: 0, offset: 12, appendedMs: 0 }],
      all: false,
    });
    expect(window.check(['a'], 20, at(100))).toEqual({ repeats: [], all: false });
  });

  it('P4 keeps the first offset when a repeat is applied with its batch', () => {
    const window = windowOf(100);
    window.apply(['a'], 0, at(0));
    window.apply(['a', 'b'], 1, at(50));
    expect(window.check(['a', 'b'], 9, at(60)).repeats).toMatchObject([
      { index: 0, offset: 0 },
      { index: 1, offset: 2 },
    ]);
    expect(window.check(['a'], 9, at(100)).repeats).toEqual([]);
  });

  it('P4 sees an id that occurs twice in one batch', () => {
    expect(windowOf(100).check(['x', 'y', 'x'], 40, at(0))).toEqual({
      repeats: [{ index: 2, offset: 40, appendedMs: 0 }],
      all: false,
    });
  });

  it('P4 is bounded by count and by bytes, and says when it forgot early', () => {
    const byCount = windowOf(1_000, { messageIdsMax: 2 });
    byCount.apply(['a', 'b', 'c'], 0, at(0));
    expect([byCount.size, byCount.forgottenEarly]).toEqual([2, 1]);
    expect(byCount.check(['a', 'c'], 9, at(0)).repeats).toMatchObject([{ index: 1, offset: 2 }]);
    const byBytes = windowOf(1_000, { messageIdBytesMax: 10 });
    byBytes.apply(['12345'], 0, at(0));
    byBytes.apply(['123456'], 1, at(0));
    expect([byBytes.size, byBytes.bytes, byBytes.forgottenEarly]).toEqual([1, 6, 1]);
  });

  it('P4 survives a clock that goes back', () => {
    const window = windowOf(100);
    window.apply(['a'], 0, at(1_000));
    window.apply(['b'], 1, at(10));
    window.expire(1_050);
    expect(window.check(['a', 'b'], 9, at(20)).repeats).toHaveLength(2);
    window.expire(1_100);
    expect([window.size, window.bytes]).toEqual([0, 0]);
  });

  const step = fc.record({
    ids: fc.array(fc.option(fc.constantFrom('a', 'bb', 'ccc', 'dddd', 'eeeee', 'f'), { nil: null }), {
      minLength: 1,
      maxLength: 4,
    }),
    advance: fc.integer({ min: 0, max: 60 }),
  });

  it('S2 a rollback restores exactly the window at that offset', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(30), fc.nat(30), (steps, settleAt, rollbackAt) => {
        const small = { messageIdsMax: 3, messageIdBytesMax: 8 };
        const timed = withTimes(steps);
        const ends = [0, ...timed.map((append) => append.baseOffset + append.ids.length)];
        const [settled, target] = [settleAt % ends.length, rollbackAt % ends.length].toSorted((a, b) => a - b) as [
          number,
          number,
        ];

        const window = windowOf(100, small);
        for (const { ids, baseOffset, now } of timed) window.apply(ids, baseOffset, at(now));
        window.settle(ends[settled]!);
        window.rollbackTo(ends[target]!);
        const expected = windowOf(100, small);
        for (const { ids, baseOffset, now } of timed.slice(0, target)) expected.replay(ids, baseOffset, at(now));

        const now = timed.at(-1)?.now ?? 0;
        for (const each of [window, expected]) each.expire(now);
        const probe = ['a', 'bb', 'ccc', 'dddd', 'eeeee', 'f'];
        expect(window.check(probe, 1_000, at(now))).toEqual(expected.check(probe, 1_000, at(now)));
        expect([window.size, window.bytes]).toEqual([expected.size, expected.bytes]);
      }),
      { numRuns: 150 },
    );
  });
});

function withTimes(
  steps: { ids: (string | null)[]; advance: number }[],
): { ids: (string | null)[]; baseOffset: number; now: number }[] {
  let now = 0;
  let end = 0;
  return steps.map(({ ids, advance }) => {
    now += advance;
    end += ids.length;
    return { ids, baseOffset: end - ids.length, now };
  });
}

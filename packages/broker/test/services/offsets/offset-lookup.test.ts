import type { TimestampedOffset } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { anonymous } from '../../../src/caller.ts';
import { defaultLimits } from '../../../src/limits.ts';
import { everybodyMay } from '../../../src/services/access/access.ts';
import { OffsetLookup } from '../../../src/services/offsets/offset-lookup.ts';
import type { OffsetLookupOptions } from '../../../src/services/offsets/offset-lookup.ts';
import { FakeSignal } from '../../fakes/fake-caller.ts';

/** One partition, in which every search takes until the test lets the oldest one go on. */
function setUp(timeSearchesMax: number) {
  const clock = new ManualClock();
  const underWay: (() => void)[] = [];
  const log = {
    highWatermark: 9,
    offsetForTimestamp: (timestampMs: number) =>
      new Promise<TimestampedOffset>((resolve) => {
        underWay.push(() => resolve({ offset: timestampMs - 100, timestampMs, leaderEpoch: 0 }));
      }),
  };
  const partition = { leaderEpoch: 0, requireLog: () => log };
  const options = {
    access: everybodyMay,
    registry: { byId: () => ({ partitions: [partition] }) },
    clock,
    limits: { ...defaultLimits, timeSearchesMax },
    logger: { error: () => undefined },
  };
  const lookup = new OffsetLookup(options as unknown as OffsetLookupOptions);
  const find = (at: readonly (number | 'end')[], signal = new FakeSignal()) =>
    lookup.find([{ topicId: 't', partitions: at.map((each) => ({ partition: 0, leaderEpoch: -1, at: each })) }], {
      principal: anonymous,
      address: '10.0.0.1',
      clientId: 'test',
      signal,
    });
  return { clock, underWay, find };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('OffsetLookup', () => {
  it('B1 searches for so many records by time at once, whoever asks, and finds the ends meanwhile', async () => {
    const { underWay, find } = setUp(2);
    const [one, two] = [find([101, 'end', 102, 103]), find([104, 105])];
    expect((await find(['end']))[0]![0]!.offset).toBe(9);
    for (const expected of [2, 2, 2, 2, 1]) {
      await turn();
      expect(underWay).toHaveLength(expected);
      underWay.shift()!();
    }
    expect((await one)[0]!.map(({ offset }) => offset)).toEqual([1, 9, 2, 3]);
    expect((await two)[0]!.map(({ offset }) => offset)).toEqual([4, 5]);
  });

  it('B1 does not search for who has hung up, nor without end', async () => {
    const { clock, underWay, find } = setUp(1);
    const signal = new FakeSignal();
    const [first, gone, late] = [find([101]), find([102, 103], signal), find([104])];
    await turn();
    signal.abort();
    expect((await gone)[0]!.map(({ error }) => error?.code)).toEqual(['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT']);
    await clock.advance(defaultLimits.fetchWaitMsMax);
    expect((await late)[0]![0]!.error?.code).toBe('REQUEST_TIMED_OUT');
    expect(underWay).toHaveLength(1);
    underWay.shift()!();
    expect((await first)[0]![0]!.offset).toBe(1);
  });

  it('B1 gives others their turn when it looks for many', async () => {
    const { clock, find } = setUp(1);
    let turns = 0;
    clock.defer = (run) => {
      turns += 1;
      setImmediate(run);
    };
    expect((await find(Array<'end'>(1000).fill('end')))[0]).toHaveLength(1000);
    expect(turns).toBeGreaterThan(10);
  });
});

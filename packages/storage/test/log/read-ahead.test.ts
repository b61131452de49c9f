import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { ReadAhead } from '../../src/log/read-ahead.ts';
import type { Block } from '../../src/log/read-ahead.ts';
import { emptyStats } from '../../src/stats.ts';

function setUp(limits: { readAheadBytes?: number; readAheadBlocksMax?: number } = {}) {
  const clock = new ManualClock();
  const stats = emptyStats();
  const discarded: string[] = [];
  const dropped: string[] = [];
  const ahead = new ReadAhead<string>({
    limits: { readAheadBytes: 100, readAheadBlocksMax: 10, readAheadMs: 1_000, ...limits },
    clock,
    stats,
    discard: (found) => void discarded.push(found),
  });
  const start = (
    name: string,
    bytes: number,
    read: () => Promise<string | null> = async () => name,
  ): Block<string> | null => ahead.start({ bytes, read, dropped: () => void dropped.push(name) });
  return { clock, stats, discarded, dropped, ahead, start };
}

describe('ReadAhead', () => {
  it('Z2 reads as much ahead as there is room for, and counts until it is taken', async () => {
    const { ahead, start, clock, stats } = setUp();
    const first = start('a', 60) as Block<string>;
    expect(start('b', 60)).toBeNull();
    expect(await ahead.take(first)).toBe('a');
    expect(start('b', 60)).not.toBeNull();
    expect([stats.readsAheadUnused, clock.pending]).toEqual([0, 1]);
  });

  it('holds no more blocks than its bound, however small', () => {
    const { start } = setUp({ readAheadBlocksMax: 2 });
    expect([start('a', 1), start('b', 1), start('c', 1)].map((block) => block !== null)).toEqual([true, true, false]);
  });

  it('drops what nobody comes for, and lets the clock rest when nothing is left', async () => {
    const { start, clock, discarded, dropped, stats } = setUp();
    start('a', 60);
    await clock.advance(1_500);
    start('b', 40);
    expect(dropped).toEqual([]);
    await clock.advance(500);
    expect([dropped, discarded]).toEqual([['a'], ['a']]);
    await clock.advance(2_000);
    expect([dropped, discarded, stats.readsAheadUnused, clock.pending]).toEqual([['a', 'b'], ['a', 'b'], 2, 0]);
  });

  it('makes room for another one of what has waited long, and not of what is fresh', async () => {
    const { start, clock, dropped } = setUp();
    start('a', 100);
    expect(start('b', 100)).toBeNull();
    await clock.advance(1_000);
    // Its read has ended, but that is known only a moment after it was dropped.
    expect(start('b', 100)).toBeNull();
    await clock.runDeferred();
    expect(start('b', 100)).not.toBeNull();
    expect(dropped).toEqual(['a']);
  });

  it('counts what was dropped until its read has ended', async () => {
    const { ahead, start, discarded, dropped } = setUp();
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const end = ahead.drop(start('a', 100, () => promise) as Block<string>);
    expect([dropped, discarded, start('b', 1)]).toEqual([['a'], [], null]);
    resolve('a');
    await end;
    expect(discarded).toEqual(['a']);
    expect(start('b', 100)).not.toBeNull();
  });

  it('has nothing where a read failed, and throws at nobody', async () => {
    const { ahead, start, discarded } = setUp();
    const fail = (): Promise<string | null> => Promise.reject(new Error('EIO'));
    expect(await ahead.take(start('a', 1, fail) as Block<string>)).toBeNull();
    await ahead.drop(start('b', 1, fail) as Block<string>);
    expect(discarded).toEqual([]);
  });
});

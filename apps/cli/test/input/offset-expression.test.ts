import { describe, expect, it } from 'vitest';
import {
  parseOffsetRange,
  parsePosition,
  resolvePosition,
  timestampToLookUp,
} from '../../src/input/offset-expression.ts';
import type { Position } from '../../src/input/offset-expression.ts';

const hourAgo: Position = { kind: 'time', time: { kind: 'ago', durationMs: 3_600_000 } };
const at = (iso: string): Position => ({ kind: 'time', time: { kind: 'at', timestampMs: Date.parse(iso) } });

describe('where to begin and where to stop', () => {
  it.each<[string, Position]>([
    ['start', { kind: 'start' }],
    ['end', { kind: 'end' }],
    ['0', { kind: 'offset', offset: 0 }],
    ['123456789', { kind: 'offset', offset: 123_456_789 }],
    ['-10', { kind: 'last', count: 10 }],
    ['@-1h', hourAgo],
    ['@now', { kind: 'time', time: { kind: 'ago', durationMs: 0 } }],
    ['@2026-11-22T10:30:00Z', at('2026-11-22T10:30:00Z')],
    ['@2026-11-22T10:30', at('2026-11-22T10:30')],
  ])('C1 reads %s as a place without an end', (text, from) => {
    expect(parseOffsetRange(text)).toEqual({ from, to: null });
    expect(parsePosition(text)).toEqual(from);
  });

  it.each<[string, Position, Position]>([
    ['100:200', { kind: 'offset', offset: 100 }, { kind: 'offset', offset: 200 }],
    ['start:-5', { kind: 'start' }, { kind: 'last', count: 5 }],
    ['-5:end', { kind: 'last', count: 5 }, { kind: 'end' }],
    [':200', { kind: 'start' }, { kind: 'offset', offset: 200 }],
    ['100:', { kind: 'offset', offset: 100 }, { kind: 'end' }],
    [':', { kind: 'start' }, { kind: 'end' }],
    ['@-1h:@now', hourAgo, { kind: 'time', time: { kind: 'ago', durationMs: 0 } }],
    ['@2026-11-22T10:30:00Z:@2026-11-22T10:31:00Z', at('2026-11-22T10:30:00Z'), at('2026-11-22T10:31:00Z')],
    ['@2026-11-22T10:30Z:20', at('2026-11-22T10:30:00Z'), { kind: 'offset', offset: 20 }],
    ['@2026-11-22T10:30:', at('2026-11-22T10:30'), { kind: 'end' }],
  ])('C1 reads %s as a range, although times have colons too', (text, from, to) => {
    expect(parseOffsetRange(text)).toEqual({ from, to });
  });

  it.each([
    '',
    'begin',
    '1.5',
    '--1',
    '@',
    '@-',
    '@-1',
    '@yesterday',
    '@2026-02-30',
    '@2026-13-01',
    '1:2:3',
    '@2026-11-22T25:00',
    '1e3',
    '@2026-11-22T10',
  ])('C1 refuses %j', (text) => {
    expect(() => parseOffsetRange(text)).toThrow(/^expected start, end, an offset, -N/);
  });

  it.each(['10:5', '-5:-10', 'end:5', 'end:start', '5:start', '@-1h:@-2h', '@2026-11-22:@2026-11-21'])(
    'C1 refuses %s, which ends before it begins',
    (text) => {
      expect(() => parseOffsetRange(text)).toThrow('the range ends before it begins');
    },
  );

  it.each(['5:5', 'start:start', 'end:end', 'start:5', '-5:-5', '7:-3', '@now:@now'])(
    'C1 takes %s, which may hold nothing',
    (text) => {
      expect(parseOffsetRange(text).to).not.toBeNull();
    },
  );

  it.each(['@-99999999d', '@1960-01-01'])('C1 says of %s what to write instead', (text) => {
    expect(() => timestampToLookUp(parsePosition(text), Date.now())).toThrow(
      'before 1970 is before every record; write start',
    );
  });

  it('C1 resolves against what a partition has', () => {
    const ends = { startOffset: 100, endOffset: 150 };
    const resolve = (text: string, offsetAtTime: number | null = null): number =>
      resolvePosition(parsePosition(text), ends, offsetAtTime);
    expect([resolve('start'), resolve('end'), resolve('-10'), resolve('-1000'), resolve('-0')]).toEqual([
      100, 150, 140, 100, 150,
    ]);
    // Absolute offsets are not bent into range: the broker says which offsets there are.
    expect([resolve('7'), resolve('200')]).toEqual([7, 200]);
    expect([resolve('@-1h', 120), resolve('@-1h', null)]).toEqual([120, 150]);
  });

  it('C1 looks up times only, relative ones from now', () => {
    expect(timestampToLookUp(parsePosition('@-1h'), 10_000_000)).toBe(6_400_000);
    expect(timestampToLookUp(parsePosition('@1700000000'), 0)).toBe(1_700_000_000_000);
    expect(timestampToLookUp(parsePosition('@1700000000123'), 0)).toBe(1_700_000_000_123);
    expect(timestampToLookUp(parsePosition('start'), 0)).toBeNull();
  });
});

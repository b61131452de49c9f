import { describe, expect, it } from 'vitest';
import { LogTail } from '../../src/log/log-tail.ts';
import type { TailLine } from '../../src/log/log-tail.ts';

function lineOf(index: number, rest: Partial<TailLine> = {}): Omit<TailLine, 'number'> {
  return { timeMs: index, level: 'info', event: 'topic.created', json: `{"n":${index}}`, ...rest };
}

describe('LogTail', () => {
  it('O5 keeps the newest lines, no more than it may', () => {
    const tail = new LogTail({ linesMax: 3, charactersMax: 1000 });
    for (let index = 1; index <= 10; index += 1) tail.push(lineOf(index));
    expect(tail.last(10).map(({ number, json }) => [number, json])).toEqual([
      [8, '{"n":8}'],
      [9, '{"n":9}'],
      [10, '{"n":10}'],
    ]);
    expect(tail.last(2).map(({ number }) => number)).toEqual([9, 10]);
    expect(tail.count).toBe(10);
  });

  it('O5 keeps no more characters than it may, and always the newest line', () => {
    const tail = new LogTail({ linesMax: 100, charactersMax: 25 });
    for (let index = 0; index < 100; index += 1) tail.push(lineOf(index, { json: 'x'.repeat(10) }));
    expect(tail.last(100)).toHaveLength(2);
    tail.push(lineOf(100, { json: 'y'.repeat(100) }));
    expect(tail.last(100).map(({ json }) => json)).toEqual(['y'.repeat(100)]);
  });

  it('O5 finds lines by level, event, subsystem and time', () => {
    const tail = new LogTail({ linesMax: 100, charactersMax: 10_000 });
    tail.push(lineOf(1, { event: 'group.emptied' }));
    tail.push(lineOf(2, { event: 'groups.other', level: 'error' }));
    tail.push(lineOf(3, { event: 'group.member_evicted', level: 'warn' }));
    const found = (filter: Parameters<LogTail['last']>[1]): number[] =>
      tail.last(10, filter).map(({ timeMs }) => timeMs);
    expect(found({ event: 'group' })).toEqual([1, 3]);
    expect(found({ event: 'group.emptied' })).toEqual([1]);
    expect(found({ level: 'warn' })).toEqual([2, 3]);
    expect(found({ level: 'warn', event: 'group', sinceMs: 3 })).toEqual([3]);
    expect(found({ sinceMs: 4 })).toEqual([]);
  });

  it('O5 tells who follows each line, until it stops', () => {
    const tail = new LogTail({ linesMax: 1, charactersMax: 100 });
    const heard: number[] = [];
    const stop = tail.follow(({ number }) => heard.push(number));
    tail.push(lineOf(1));
    tail.push(lineOf(2));
    stop();
    tail.push(lineOf(3));
    expect(heard).toEqual([1, 2]);
  });
});

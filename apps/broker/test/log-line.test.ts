import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { formatLogLine } from '../src/log-line.ts';

function line(record: object): string {
  return stripVTControlCharacters(
    formatLogLine(JSON.stringify({ time: '2026-11-22T10:00:00.000Z', pid: 1, ...record })),
  );
}

describe('log lines on a terminal', () => {
  it('has time, level, message and fields', () => {
    expect(line({ level: 30, msg: 'log rolled', topic: 'orders', base: 7, why: 'two words' })).toMatch(
      /^\d\d:\d\d:\d\d info {2}log rolled topic=orders base=7 why="two words"\n$/,
    );
  });

  it('shows the stack of an error below its line', () => {
    expect(line({ level: 60, msg: 'storage failed', err: { message: 'EIO', stack: 'Error: EIO\n    at x' } })).toMatch(
      /fatal storage failed\n {2}Error: EIO\n {6}at x\n$/,
    );
  });

  it('shows what a terminal would obey as an escape', () => {
    const clientId = '\u001b[2J\u009b2J';
    expect(formatLogLine(JSON.stringify({ level: 40, time: '2026-11-22T10:00:00.000Z', clientId }))).toContain(
      String.raw`clientId="\u001b[2J\u009b2J"`,
    );
  });

  it('leaves no gap where there is no message', () => {
    expect(line({ level: 20, a: { b: 1 } })).toMatch(/^\S+ debug a=\{"b":1\}\n$/);
  });
});

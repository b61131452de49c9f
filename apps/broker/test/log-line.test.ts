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
    expect(
      line({
        level: 'info',
        msg: 'a topic was made',
        event: 'topic.created',
        topic: 'orders',
        base: 7,
        why: 'two words',
      }),
    ).toMatch(/^\d\d:\d\d:\d\d info {2}a topic was made topic\.created topic=orders base=7 why="two words"\n$/);
  });

  it('shows the stack of an error below its line', () => {
    expect(
      line({ level: 'fatal', msg: 'storage failed', err: { message: 'EIO', stack: 'Error: EIO\n    at x' } }),
    ).toMatch(/fatal storage failed\n {2}Error: EIO\n {6}at x\n$/);
  });

  it('O5 names what an error came from', () => {
    const cause = { message: 'no space left', code: 'ENOSPC', cause: { message: 'quota' } };
    expect(line({ level: 'error', msg: 'x', err: { message: 'm', stack: 'Error: m', cause } })).toMatch(
      /\n {2}Error: m\n {2}caused by: ENOSPC no space left\n {2}caused by: quota\n$/,
    );
  });

  it('shows what a terminal would obey as an escape', () => {
    const clientId = '\u001b[2J\u009b2J';
    expect(formatLogLine(JSON.stringify({ level: 'warn', time: '2026-11-22T10:00:00.000Z', clientId }))).toContain(
      String.raw`clientId="\u001b[2J\u009b2J"`,
    );
  });

  it('leaves no gap where there is no message', () => {
    expect(line({ level: 'debug', a: { b: 1 } })).toMatch(/^\S+ debug a=\{"b":1\}\n$/);
  });
});

import { adminExtension } from '@q/admin';
import type { LogTailFilter, LogTailLine, ProgramLog } from '@q/admin';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './command-here.ts';
import type { ProgramResult } from './q-program.ts';

let broker: Broker;
const asked: LogTailFilter[] = [];
const lines: LogTailLine[] = [
  line(1, { level: 'info', event: 'topic.created', msg: 'a topic was made', topic: 'orders', partitions: 8 }),
  line(2, {
    level: 'error',
    event: 'partition.read_failed',
    msg: 'a read failed',
    err: { code: 'EIO', message: 'bad' },
  }),
  line(3, { level: 'warn', event: 'request.malformed', msg: 'not understood', clientId: 'a\u001b[2Jb c' }),
];
const log: ProgramLog = {
  tail: {
    last: (limit, filter) => {
      asked.push(filter);
      return lines.slice(-limit);
    },
    follow: () => () => undefined,
  },
  levels: { level: 'info', subsystems: new Map(), setLevel() {}, setSubsystem() {} },
};

function line(number: number, fields: { level: 'info' | 'warn' | 'error'; event: string; [name: string]: unknown }) {
  const time = `2026-11-30T10:00:0${number}.000Z`;
  return { number, timeMs: Date.parse(time), ...fields, json: JSON.stringify({ time, pid: 1, ...fields }) };
}

beforeAll(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: { port: 0, extension: adminExtension({ log }) } });
});

afterAll(() => broker.close());

function q(command: string): Promise<ProgramResult> {
  return runHere({ line: `${command} --admin-url ${broker.adminUrl}`, url: broker.url });
}

describe('q logs', () => {
  it('O5 shows the last lines, with what a terminal would obey made visible', async () => {
    const { stdout, code } = await q('logs');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        '2026-11-30T10:00:01.000Z info  a topic was made topic.created topic=orders partitions=8',
        '2026-11-30T10:00:02.000Z error a read failed partition.read_failed err="EIO: bad"',
        String.raw`2026-11-30T10:00:03.000Z warn  not understood request.malformed clientId="a\u001b[2Jb c"`,
        '',
      ].join('\n'),
    );
  });

  it('O5 writes each line as it is with --json', async () => {
    const { stdout } = await q('logs --json --count 1');
    expect(JSON.parse(stdout)).toMatchObject({ event: 'request.malformed', level: 'warn' });
  });

  it('O5 hands level, event and time to the broker, which refuses what it does not know', async () => {
    await q('logs --level warn --event partition --since 2026-11-30T10:00:00Z');
    expect(asked.at(-1)).toMatchObject({
      level: 'warn',
      event: 'partition',
      sinceMs: Date.UTC(2026, 10, 30, 10),
    });
    const { stderr, code } = await q('logs --event topic.creatd');
    expect([code === 0, stderr.includes('docs/LOGS.md')]).toEqual([false, true]);
    expect((await q('logs --level loud')).code).toBe(2);
  });
});

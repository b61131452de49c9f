import { PassThrough } from 'node:stream';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { watch } from '../src/commands/watch-loop.ts';
import { runCommand } from '../src/run.ts';
import type { Screen } from '../src/screen.ts';
import { QProgram, runProgram } from './q-program.ts';

let broker: Broker;
let q: Q;

beforeAll(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  q = await connect(broker.url);
  await q.admin.createTopic('orders', { partitions: 2 });
  const producer = q.producer();
  await producer.sendBatch('orders', [
    { value: 'a', partition: 0 },
    { value: 'b', partition: 0 },
  ]);
  await q.admin.resetGroupOffsets('billing', { orders: { 0: 1, 1: 0 } });
});

afterAll(async () => {
  await q.close();
  await broker.close();
});

/** What a terminal would show, while the command runs and when it was ended. */
function onScreen(line: string, screen: Screen): { shown: () => string; end: () => Promise<number> } {
  const stdout = Object.assign(new PassThrough(), { isTTY: true, ...screen });
  let written = '';
  stdout.setEncoding('utf8').on('data', (text: string) => (written += text));
  const interrupt = new AbortController();
  const running = runCommand(['--url', broker.url, ...line.split(' ')], {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    interrupt: interrupt.signal,
  });
  return {
    shown: () => written,
    end: async () => {
      interrupt.abort();
      return running;
    },
  };
}

describe('q group watch', () => {
  it('O2 G3 writes a line of JSON for each look in a pipe, and ends with Ctrl-C and 0', async () => {
    await using program = new QProgram({
      args: ['--url', broker.url, 'group', 'watch', 'billing', '--interval', '100ms'],
    });
    await program.saysLines(2);
    program.child.kill('SIGINT');
    expect(await program.exited).toBe(0);
    expect(program.stderr).toBe('');
    const lines = program.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines[0]).toEqual({
      timeMs: expect.any(Number) as number,
      groupId: 'billing',
      state: 'empty',
      members: 0,
      stalled: 0,
      lag: 1,
      lagExact: true,
      lagMs: expect.toSatisfy((ms) => ms === null || ms >= 0) as number,
      heldBack: [],
      handledPerSecond: null,
      arrivingPerSecond: null,
      partitions: [
        { topic: 'orders', partition: 0, committedOffset: 1, highWatermark: 2, lag: 1, memberId: null },
        { topic: 'orders', partition: 1, committedOffset: 0, highWatermark: 0, lag: 0, memberId: null },
      ],
    });
    expect(lines[1]).toMatchObject({ handledPerSecond: 0, arrivingPerSecond: 0 });
  });

  it('O2 ends at once with Ctrl-C while it waits for a broker that is gone', async () => {
    const interrupt = new AbortController();
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const look = (): Promise<never> => {
      interrupt.abort();
      return new Promise(() => undefined);
    };
    const watched = { look, frame: () => '', line: () => ({}) };
    await watch({ ...streams, interrupt: interrupt.signal }, { url: broker.url, interval: 100 }, watched);
    expect(streams.stdout.read()).toBeNull();
  });

  it('O2 draws over what it has drawn on a terminal, and cuts what does not fit', async () => {
    const { shown, end } = onScreen('group watch billing --interval 100ms', { columns: 30, rows: 12 });
    const frames = (): string[] => shown().split('\u001B[J');
    await expect.poll(() => frames().length, { timeout: 10_000 }).toBeGreaterThan(2);
    expect(await end()).toBe(0);
    const [first = '', second = ''] = frames();
    const lines = stripVTControlCharacters(first).trimEnd().split('\n');
    expect(lines[0]).toBe('group       billing, empty');
    expect(lines.some((line) => /^lag +1 /.test(line))).toBe(true);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(30);
    expect(lines.length).toBeLessThan(12);
    // The one that is furthest behind comes first; the other has no line of its own.
    expect(first).toContain('orders/0');
    expect(first).not.toContain('orders/1');
    // As far back as it has gone down.
    expect(first.endsWith(`\u001B[${lines.length}A\r`)).toBe(true);
    expect(stripVTControlCharacters(second)).toContain('stays as far behi…');
  });

  it('O2 ends when its reader goes away', async () => {
    await using program = new QProgram({
      args: ['--url', broker.url, 'group', 'watch', 'billing', '--interval', '100ms'],
    });
    await program.saysLines(1);
    program.child.stdout.destroy();
    expect(await program.exited).toBe(0);
    expect(program.stderr).toBe('');
  });

  it('O2 says at once that there is no such group', async () => {
    const args = ['--url', broker.url, 'group', 'watch', 'nobody'];
    expect(await runProgram({ args })).toMatchObject({ code: 3, stdout: '' });
    expect(await runProgram({ args: [...args, '--interval', '1ms'] })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('at least 100ms') as string,
    });
  });
});

describe('q stats --watch', () => {
  it('M1 O2 writes a line of JSON for each look in a pipe, with what happened in a second', async () => {
    await using program = new QProgram({ args: ['--url', broker.url, 'stats', '--watch', '--interval', '200ms'] });
    await program.saysLines(3);
    program.child.kill('SIGINT');
    expect(await program.exited).toBe(0);
    const lines = program.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines[0]).toMatchObject({ perSecond: null, brokerId: 1, recordsIn: 2 });
    expect(lines[1]).toMatchObject({ perSecond: { recordsIn: 0, errors: 0 }, brokerId: 1 });
  });

  it('M1 O2 draws on a terminal', async () => {
    const { shown, end } = onScreen('stats --watch --interval 100ms', { columns: 100, rows: 40 });
    await expect.poll(() => shown(), { timeout: 10_000 }).toContain(' records/s');
    expect(await end()).toBe(0);
    expect(stripVTControlCharacters(shown())).toMatch(/^broker {7}1, version /);
  });
});

describe('q consume on a terminal', () => {
  it.each(['consume orders', 'consume orders -g follower'])(
    'O2 %s says when it has caught up, below what was there',
    async (line) => {
      // One terminal for both, as it is where somebody watches.
      const terminal = Object.assign(new PassThrough(), { isTTY: true });
      let written = '';
      terminal.setEncoding('utf8').on('data', (text: string) => (written += text));
      const interrupt = new AbortController();
      const running = runCommand(['--url', broker.url, ...line.split(' ')], {
        stdin: new PassThrough(),
        stdout: terminal,
        stderr: terminal,
        interrupt: interrupt.signal,
      });
      await expect.poll(() => written, { timeout: 15_000 }).toBe('a\nb\ncaught up; waiting for more (Ctrl-C ends)\n');
      interrupt.abort();
      expect(await running).toBe(0);
    },
  );
});

describe('q topic describe', () => {
  const users = {
    groups: [
      {
        groupId: 'billing',
        state: 'stable',
        lag: 1234,
        lagExact: true,
        sinceProgressMs: 5_000,
        members: [
          { clientId: 'worker', host: 'h1', stalled: false },
          { clientId: 'worker', host: 'h2', stalled: true },
        ],
      },
      { groupId: 'old', state: 'empty', lag: -1, lagExact: false, sinceProgressMs: -1, members: [] },
    ],
    groupsLeftOut: 0,
    producers: [{ producerId: 1, lastTimestampMs: 0 }],
    producersLeftOut: 2,
  };

  it('O2 T2 tells who uses the topic, as the admin API has it', async () => {
    const server = createServer(
      (request, response) =>
        void response.end(request.url === '/api/v1/topics/orders/users' ? JSON.stringify(users) : ''),
    ).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const adminUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const args = ['--url', broker.url, '--admin-url', adminUrl, 'topic', 'describe', 'orders'];
    const { stdout } = await runProgram({ args });
    expect(stdout).toContain('\ngroups\t2\nproducers\t3 seen, the last record is of 1970-01-01T00:00:00.000Z\n');
    expect(stdout).toContain(
      '\ngroup\tstate\tmembers\tstalled\tlag\tprogress ago\tclients\nbilling\tstable\t2\t1\t1,234\t5.0 s\tworker\nold\tempty\t0\t0\t-\t-\t-\n',
    );
    expect(JSON.parse((await runProgram({ args: [...args, '--json'] })).stdout)).toMatchObject({
      name: 'orders',
      users,
    });
  });

  it('O2 T2 tells the rest without an admin interface, and why not that', async () => {
    const args = ['--url', broker.url, 'topic', 'describe', 'orders'];
    expect((await runProgram({ args })).stdout).toMatch(
      /\ngroups\tunknown: the broker at q:\/\/\S+ tells of no admin interface for programs here\nproducers\tunknown\n/,
    );
    expect(JSON.parse((await runProgram({ args: [...args, '--json'] })).stdout)).toMatchObject({ users: null });
  });
});

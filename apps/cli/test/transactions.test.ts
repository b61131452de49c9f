/** `q transaction`, and what `q topic describe` says of it: somebody's transaction hangs, and others wait (X1, X3). */
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { adminExtension } from '@q/admin';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { answerShell } from '../src/completion/answer-shell.ts';
import { createProgram } from '../src/program.ts';
import { runCommand } from '../src/run.ts';
import { runHere } from './command-here.ts';
import type { ProgramResult } from './q-program.ts';

let broker: Broker;

/** `billing-1` hangs, with a record in two partitions; `audit-1` has committed one. */
beforeEach(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: { port: 0, extension: adminExtension() } });
  const client = await connect(broker.url);
  const goOn = Promise.withResolvers<void>();
  await client.admin.createTopic('orders', { partitions: 4 });
  await client
    .producer({ transactionalId: 'audit-1' })
    .transaction((tx) => tx.send('orders', { value: 'x', partition: 1 }));
  const hangs = Promise.withResolvers<void>();
  const hanging = client.producer({ transactionalId: 'billing-1' }).transaction(async (tx) => {
    await tx.send('orders', { value: 'a', partition: 0 });
    await tx.send('orders', { value: 'b', partition: 2 });
    hangs.resolve();
    await goOn.promise;
  });
  hanging.catch(() => undefined);
  await Promise.race([hangs.promise, hanging]);
  return async () => {
    goOn.resolve();
    await hanging.catch(() => undefined);
    await client.close();
    await broker.close({ timeoutMs: 100 });
  };
});

function q(line: string, o: { input?: string; terminal?: boolean } = {}): Promise<ProgramResult> {
  return runHere({ line: `--admin-url ${broker.adminUrl} ${line}`, url: broker.url, ...o });
}

async function rows(line: string): Promise<string[][]> {
  const { code, stdout } = await q(line);
  expect(code).toBe(0);
  return stdout.split('\n').map((row) => row.split('\t'));
}

describe('q transaction', () => {
  it('X3 O2 lists who has a transaction open, and for how long', async () => {
    const [titles, ...found] = await rows('transaction list --raw');
    expect(titles!.join()).toBe('id,state,producer,partitions,offsets,open for,time-out');
    expect(found.slice(0, 2)).toMatchObject(
      [
        ['audit-1', 'completeCommit', /^\d+$/, '0', '0', '-', '10000'],
        ['billing-1', 'ongoing', /^\d+$/, '2', '0', /^\d+$/, '10000'],
      ].map((row) => row.map((cell) => (typeof cell === 'string' ? cell : (expect.stringMatching(cell) as string)))),
    );
    const ids = async (filter: string): Promise<string[]> => {
      const { stdout } = await q(`transaction list --json ${filter}`);
      return (JSON.parse(stdout) as { transactionalId: string }[]).map(({ transactionalId }) => transactionalId);
    };
    expect(await ids('--state ongoing prepareCommit')).toEqual(['billing-1']);
    expect(await ids('--min-age 1h')).toEqual([]);
    expect(await ids('--min-age 1ms --prefix bill')).toEqual(['billing-1']);
    expect(await ids(`--producer-id ${found[0]![2]}`)).toEqual(['audit-1']);
    expect((await q('transaction list --min-age 1h', { terminal: true })).stderr).toBe('none is so\n');
    const { stdout: shown } = await q('transaction list', { terminal: true });
    expect(shown.split('\n').map((line) => line.length <= 80)).not.toContain(false);
    expect(shown).toMatch(/^id +state +producer +partitions +offsets +open for +time-out\n/);
  });

  it('X3 O2 shows what one touches', async () => {
    const { stdout } = await q('transaction describe billing-1');
    expect(stdout).toContain('state\tongoing: a transaction is open\n');
    expect(stdout).toMatch(/open since\t\d{4}-.*Z, for \d.*\naborted at\t\d{4}-.*Z\npartitions\t2\noffsets\t0\n/);
    expect(stdout).toContain('topic\tpartitions\norders\t0,2\n');
    const { stdout: json } = await q('transaction describe billing-1 --json');
    expect(JSON.parse(json)).toMatchObject({ state: 'ongoing', topics: [{ topic: 'orders', partition: 0 }, {}] });
  });

  it('X3 q topic describe shows who holds a partition back, and since when', async () => {
    const { stdout } = await q('topic describe orders --raw');
    expect(stdout).toMatch(/\nheld back\t2 partitions, by transaction billing-1 since \d{4}-.*Z\n/);
    expect(stdout).toContain('held back\tfrom\tend\tproducer\ttransaction\tstate\topen for\n');
    expect(stdout).toMatch(/\n2\t0\t1\t\d+\tbilling-1\tongoing\t\d+\n/);
    await q('transaction abort billing-1 --force');
    expect((await q('topic describe orders')).stdout).toContain('\nheld back\tnone\n');
  });

  it('X3 q consume says what is held back by whom, and reads it where that is wanted', async () => {
    const held = await q('consume orders -e -f %o\\n');
    expect([held.code, held.stdout]).toEqual([0, '0\n']);
    const lines = held.stderr.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(
      /^1 offset of orders\/0 is held back by transaction billing-1, open since \d{4}-.*Z, for \d.*; q transaction describe billing-1$/,
    );
    expect(lines[1]).toMatch(/^1 offset of orders\/2 is held/);
    expect((await q('consume orders -o -2: -p 0')).stderr).toContain('1 offset of orders/0 is held back by');
    const all = await q('consume orders -e --isolation read_uncommitted');
    expect([all.stdout.trimEnd().split('\n').sort(), all.stderr]).toEqual([['a', 'b', 'x'], '']);
    expect((await q('consume orders -n 1')).stderr).toBe('');
    await q('transaction abort billing-1 --force');
    expect((await q('consume orders -e')).stderr).toBe('');
  });

  it('X3 q consume says so without the admin interface, too', async () => {
    const { stderr } = await runHere({
      line: '--admin-url http://127.0.0.1:1 consume orders -p 2 -e',
      url: broker.url,
    });
    expect(stderr).toBe('records of orders/2 are held back by a transaction: offsets 0 to 0\n');
  });

  it.each(['consume orders', 'consume orders -g follower'])(
    'X3 %s says on a terminal what it waits for',
    async (line) => {
      const terminal = Object.assign(new PassThrough(), { isTTY: true });
      let written = '';
      terminal.setEncoding('utf8').on('data', (text: string) => (written += text));
      const interrupt = new AbortController();
      const running = runCommand(['--url', broker.url, '--admin-url', broker.adminUrl!, ...line.split(' ')], {
        stdin: new PassThrough(),
        stdout: terminal,
        stderr: terminal,
        interrupt: interrupt.signal,
      });
      await expect.poll(() => written, { timeout: 15_000 }).toContain('\ncaught up with what is committed; waiting');
      expect(written).toMatch(/^x\n1 offset of orders\/0 is held back by transaction billing-1, open since/);
      interrupt.abort();
      expect(await running).toBe(0);
    },
  );

  it('X3 q group describe and q group watch show it', async () => {
    await q('group seek g -t orders --to start --execute');
    expect((await q('group describe g')).stdout).toContain(
      '1 offset of orders/2 is held back by transaction billing-1',
    );
    const { stdout } = await q('group describe g --json');
    const heldBack = [{ partition: 0, from: 0, end: 1 }, { partition: 2 }];
    expect(JSON.parse(stdout)).toMatchObject({ heldBack });
    const interrupt = new AbortController();
    const [watched, none] = [new PassThrough(), new PassThrough()];
    const words = ['--url', broker.url, '--admin-url', broker.adminUrl!, 'group', 'watch', 'g', '--json'];
    const running = runCommand(words, { stdin: none, stdout: watched, stderr: none, interrupt: interrupt.signal });
    const [line] = (await once(watched, 'data')) as [Buffer];
    interrupt.abort();
    expect(await running).toBe(0);
    expect(JSON.parse(line.toString())).toMatchObject({ heldBack });
  });

  it('X1 X3 aborts one, and says so; whoever is asked and says no aborts nothing', async () => {
    const unasked = await q('transaction abort billing-1');
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('add --force')]);
    const refused = await q('transaction abort billing-1', { terminal: true, input: 'n\n' });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('nothing was aborted')]);
    expect(refused.stderr).toMatch(/Abort the transaction of billing-1, open for .*, with 2 partitions\? \[y\/N\]/);
    const done = await q('transaction abort billing-1', { terminal: true, input: 'y\n' });
    expect([done.code, done.stdout]).toEqual([0, expect.stringMatching(/^aborted the transaction of billing-1, open/)]);
    expect((await q('transaction describe billing-1')).stdout).toContain('\nended by\tan operator\n');
    const again = await q('transaction abort billing-1 --force');
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('the last one was aborted, by an operator; nothing was aborted');
    expect(again.stderr).toContain('"q transaction describe billing-1"');
  });

  it('X3 O2 says what is wrong with an id and with an option, and what is allowed', async () => {
    const wrong = await q('transaction describe biling-1');
    expect([wrong.code, wrong.stderr]).toEqual([3, expect.stringContaining('did you mean billing-1?')]);
    expect((await q('transaction abort nobody --force')).stderr).toContain('"q transaction list"');
    const state = await q('transaction list --state open');
    expect([state.code, state.stderr]).toEqual([2, expect.stringContaining('Allowed choices are empty, ongoing')]);
    expect((await q('transaction list --min-age soon')).stderr).toContain('expected a time such as 5s');
    expect((await q('transaction list --producer-id x')).stderr).toContain('expected a whole number from 0');
  });

  it('X3 O2 completes ids and states', async () => {
    const none = new PassThrough();
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const at = async (line: string): Promise<string> => {
      const context = { stdin: none, stdout: none, stderr: none, interrupt: stop.signal };
      const program = createProgram(context, { run: async () => undefined, writeMistake: () => undefined });
      const words = `--url ${broker.url} --admin-url ${broker.adminUrl} ${line}`.split(' ');
      return answerShell(program, ['--', ...words], 10_000);
    };
    expect(await at('transaction abort b')).toBe('billing-1\tongoing\n');
    expect(await at('transaction list --state prepareC')).toBe('prepareCommit\n');
  });
});

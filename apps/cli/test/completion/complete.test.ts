import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { answerShell } from '../../src/completion/answer-shell.ts';
import { namesWithinMs } from '../../src/completion/live-names.ts';
import { bashPrefix, shellWords } from '../../src/completion/shell-line.ts';
import { createProgram } from '../../src/program.ts';

let broker: Broker;

beforeAll(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  await using q = await connect(broker.url);
  await q.admin.createTopic('orders', { partitions: 3 });
  await q.admin.createTopic('other');
  await q.admin.resetGroupOffsets('billing run', { orders: { 0: 0 } });
  vi.stubEnv('Q_URL', broker.url);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await broker.close();
});

async function answer(args: readonly string[], withinMs = 10_000): Promise<string[]> {
  const none = new PassThrough();
  const program = createProgram(
    { stdin: none, stdout: none, stderr: none, interrupt: new AbortController().signal },
    { run: async () => undefined, writeMistake: () => undefined },
  );
  return (await answerShell(program, args, withinMs)).split('\n').filter((line) => line !== '');
}

/** Only the words: what stands at the end of the line, which is at the cursor. */
async function at(line: string): Promise<string[]> {
  return (await answer(['--', ...line.split(' ')])).map((candidate) => candidate.split('\t')[0] ?? '');
}

describe('completion', () => {
  it('O2 completes commands and options, with what they are for', async () => {
    expect(await at('pro')).toEqual(['produce', 'profile']);
    expect(await at('topic ')).toContain('add-partitions');
    expect(await at('group wat')).toEqual(['watch']);
    expect(await at('group watch billing ')).toEqual([]);
    expect(await at('consume orders --off')).toEqual(['--offset']);
    expect(await at('consume orders --')).toEqual(expect.arrayContaining(['--group', '--json', '--url', '--help']));
    expect(await answer(['--', 'stat'])).toEqual(['stats\tshow totals, throughput, requests and errors of a broker']);
    expect(await at('nonsense ')).toEqual([]);
  });

  it('O2 completes values by what they are', async () => {
    expect(await at('produce x -z ')).toEqual(['none', 'gzip', 'snappy', 'lz4', 'zstd']);
    expect(await at('produce x -z l')).toEqual(['lz4']);
    expect(await at('produce x --compression=z')).toEqual(['--compression=zstd']);
    expect(await at('produce x -f /etc')).toEqual([':files']);
    expect(await at('consume x -o e')).toEqual(['end']);
    expect(await at('consume x -n ')).toEqual([]);
    expect(await at('completion ')).toEqual(['bash', 'zsh', 'fish']);
  });

  it('O2 completes topics and groups that there are, on the broker that the line names', async () => {
    expect(await answer(['--', 'topic', 'describe', 'or'])).toEqual(['orders\t3 partitions']);
    expect(await at('produce ')).toEqual(['orders', 'other']);
    expect(await at('produce orders ')).toEqual([]);
    expect(await at('group describe ')).toEqual(['billing run']);
    expect(await at('consume orders -g b')).toEqual(['billing run']);
    expect(await at('group seek x --topic=or')).toEqual(['--topic=orders']);
    expect(await at('consume __g')).toEqual(['__groups']);
    expect(await at('--url q://127.0.0.1:1 topic describe ')).toEqual([]);
    expect(await at(`--json --url=${broker.url} topic describe -- ot`)).toEqual(['other']);
  });

  it('O2 does not wait long for names', async () => {
    // Takes connections, and says nothing.
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const url = `q://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const startMs = performance.now();
    expect(await answer(['--', '--url', url, 'topic', 'describe', ''], namesWithinMs)).toEqual([]);
    expect(performance.now() - startMs).toBeLessThan(namesWithinMs * 5);
  });

  it('O2 cuts a line as bash would', async () => {
    expect(shellWords('q topic ')).toEqual(['q', 'topic', '']);
    expect(shellWords('q  topic')).toEqual(['q', 'topic']);
    expect(shellWords(`q -k 'a b' "c \\" d" e\\ f ''`)).toEqual(['q', '-k', 'a b', 'c " d', 'e f', '']);
    expect(shellWords(`q -k 'a b`)).toEqual(['q', '-k', 'a b']);
    expect(shellWords(`q '' `)).toEqual(['q', '', '']);
  });

  it('O2 leaves out what bash has in words before the last one', async () => {
    expect(bashPrefix('--topic=or', 'or')).toBe('--topic=');
    expect(bashPrefix('--topic=', '=')).toBe('--topic=');
    expect(bashPrefix('q://localhost:74', '74')).toBe('q://localhost:');
    expect(bashPrefix('or', 'or')).toBe('');
    const bash = (line: string, current: string): Promise<string[]> => answer(['--bash', line, current]);
    expect(await bash('q group seek x --topic=or', 'or')).toEqual(['orders\t3 partitions']);
    expect(await bash('q group seek x --topic=', '=')).toEqual(['orders\t3 partitions', 'other\t1 partition']);
    expect(await bash('q topic describe ot', 'ot')).toEqual(['other\t1 partition']);
  });
});

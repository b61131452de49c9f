import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { main, QProgram, runProgram } from './q-program.ts';

/** Writes the address of every module that is loaded to standard error. */
const loadLog = `--import=data:text/javascript,${encodeURIComponent(
  'import { registerHooks } from "node:module"; registerHooks({ load(url, context, next) { process.stderr.write(`${url}\\n`); return next(url, context); } });',
)}`;

/** Time for the program to be told what its last writes have failed with. */
const lateExit = `--import=data:text/javascript,${encodeURIComponent('const { exit } = process; process.exit = (code) => setTimeout(() => exit(code), 50);')}`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('q', () => {
  it('O2 answers help and mistakes without loading the client', async () => {
    for (const args of [
      ['--help'],
      ['topic', 'create', '--help'],
      ['consume', 'x', '-o', 'nonsense'],
      ['group', 'seek', 'x', '--to', 'nonsense'],
      ['--version'],
    ]) {
      const { stderr } = await runProgram({ args, env: { NODE_OPTIONS: `--conditions=@q/source ${loadLog}` } });
      expect(stderr).toContain('/apps/cli/src/program.ts');
      expect(stderr).not.toMatch(/packages\/(client|protocol)|cli-table3/);
    }
  });

  it('O2 tells the help of a command by help, its noun and its name', async () => {
    const asked = await runProgram({ args: ['help', 'topic', 'trim'] });
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(asked).toEqual(await runProgram({ args: ['topic', 'trim', '--help'] }));
    expect((await runProgram({ args: ['help', 'topic'] })).stdout).toContain('add-partitions');
    expect((await runProgram({ args: ['help', 'produce', 'x'] })).stdout).toContain('q produce');
  });

  it('O2 names commands in its help, and what was meant in its mistakes', async () => {
    const help = await runProgram({ args: ['--help'] });
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const word of ['topic', 'group', 'produce', 'consume', 'stats', 'Exit codes'])
      expect(help.stdout).toContain(word);
    expect(await runProgram({ args: ['topik'] })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Did you mean topic?') as string,
    });
    expect(await runProgram({ args: ['topic', 'lst'] })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean list?') as string,
    });
    expect(await runProgram({ args: ['produce', 'x', '--kee', 'k'] })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean --key?') as string,
    });
    expect(await runProgram({ args: ['produce', 'x', '-z', 'rar'] })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('none, gzip, snappy, lz4, zstd') as string,
    });
    expect(await runProgram({ args: [] })).toMatchObject({ code: 2, stdout: '' });
    expect(await runProgram({ args: ['stats'], env: { Q_TIMEOUT: 'soon' } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Q_TIMEOUT') as string,
    });
  });

  it('W3 says in one line that there is no broker, and how to get one', async () => {
    const port = await freePort();
    const { code, stderr, stdout } = await runProgram({
      args: ['topic', 'list', '--url', `q://127.0.0.1:${port}`, '--timeout', '300ms'],
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `q: no broker at 127.0.0.1:${port} within 300 ms: connect ECONNREFUSED 127.0.0.1:${port} (NO_BROKER); start one with "pnpm start", or name another with --url\n`,
    );
  });

  it('Q3 refuses an address that is none', async () => {
    const { code, stderr } = await runProgram({ args: ['stats'], env: { Q_URL: 'http://x:y' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^q: --url: "http:\/\/x:y" .+\n$/);
    const secret = await runProgram({ args: ['stats', '--url', 'q://ann:hunter2@localhost'] });
    expect(secret).toMatchObject({ code: 2, stderr: expect.stringContaining('***@localhost') as string });
    expect(secret.stderr).not.toContain('hunter2');
  });

  it('O2 ends as ever when the readers of its output have gone away', async () => {
    const port = await freePort();
    for (const [args, code] of [
      [['--help'], 0],
      [['topic', 'list', '--url', `q://127.0.0.1:${port}`, '--timeout', '300ms'], 1],
    ] as const) {
      await using q = new QProgram({ args, env: { NODE_OPTIONS: lateExit } });
      q.child.stdout.destroy();
      q.child.stderr.destroy();
      expect(await q.exited).toBe(code);
    }
  });

  it.runIf(existsSync('/dev/full'))('O2 says so when its output cannot be written', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, ['--conditions=@q/source', main, '--help'], {
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    expect([status, stderr]).toEqual([1, 'q: ENOSPC: no space left on device, write\n']);
  });
});

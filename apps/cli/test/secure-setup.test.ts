/** From `q-broker init --secure` to a second user who is let in, over real processes (A1-A3, O1-O3; SEC-7, SEC-15). */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { get } from 'node:https';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProgram } from './q-program.ts';
import type { ProgramResult } from './q-program.ts';

/** Wherever one of them is found but in a file of mode 0600 that was named, it leaked. */
const canaries = ['canary-first-Jq1', 'canary-second-Wm2', 'canary-third-Zx3'] as const;
const [ofAdmin, ofBob, another] = canaries;
const main = fileURLToPath(new URL('../../broker/src/main.ts', import.meta.url));

let home: string;
const said: string[] = [];
const inHome = (name: string): string => join(home, name);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'q-secured-'));
});
afterAll(() => rmSync(home, { recursive: true }));

function secretFile(name: string, text: string): string {
  writeFileSync(inHome(name), text);
  chmodSync(inHome(name), 0o600);
  return inHome(name);
}

async function init(...words: string[]): Promise<void> {
  const child = spawn(process.execPath, ['--conditions=@q/source', main, 'init', ...words], {
    env: { ...process.env, XDG_CONFIG_HOME: inHome('config') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => said.push(String(text)));
  const [code] = (await once(child, 'close')) as [number];
  expect(code, said.join('')).toBe(0);
}

/** The broker with the settings that were made, at ports that nobody else has. */
class BrokerProcess implements AsyncDisposable {
  readonly exited: Promise<number>;
  readonly #child = spawn(
    process.execPath,
    [
      '--conditions=@q/source',
      main,
      '--config',
      inHome('secure/q-broker.yaml'),
      '--log-level',
      'debug',
      '--port',
      '0',
      '--admin-port',
      '0',
      '--kafka-port',
      '0',
      '--log-format',
      'json',
    ],
    { env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('Q_'))) },
  );
  #log = '';

  constructor() {
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (text: Buffer) => {
        this.#log += String(text);
        said.push(String(text));
      });
    this.exited = once(this.#child, 'close').then(([code]) => code as number);
  }

  async ready(): Promise<{ url: string; adminUrl: string }> {
    for (;;) {
      const line = /^.*"msg":"ready".*$/m.exec(this.#log)?.[0];
      if (line !== undefined) return JSON.parse(line) as { url: string; adminUrl: string };
      if (this.#child.exitCode !== null) throw new Error(this.#log);
      await Promise.race([once(this.#child.stdout, 'data'), this.exited]);
    }
  }

  reload(): void {
    this.#child.kill('SIGHUP');
  }

  /** Why certificates were read again, each time that they were others. */
  get reloads(): string {
    return this.#log
      .split('\n')
      .filter((line) => line.includes('"event":"tls.reloaded"'))
      .join('\n');
  }

  stop(): Promise<number> {
    this.#child.kill('SIGTERM');
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

async function caller(broker: BrokerProcess) {
  const { url, adminUrl } = await broker.ready();
  return async (user: string, line: string, input = ''): Promise<ProgramResult> => {
    const where = ['--url', url, '--admin-url', adminUrl, '--ca', inHome('secure/ca.pem')];
    const args = [...where, '--user', user, '--password-file', inHome(`${user}.pw`), ...line.split(' ')];
    const result = await runProgram({ args, env: { XDG_CONFIG_HOME: inHome('config') }, input });
    said.push(result.stdout, result.stderr);
    return result;
  };
}

/** What every user of the machine sees of `q` while it runs. */
async function argumentsWhile(q: Awaited<ReturnType<typeof caller>>): Promise<string> {
  let seen = '';
  const consuming = q('bob', 'consume orders -o start --count 1 --follow');
  while (!seen.includes('consume orders')) seen = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  await consuming;
  return seen;
}

/** Everything that the admin port tells in numbers. */
async function numbersOf(adminUrl: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`admin:${ofAdmin}`).toString('base64')}`;
  const ca = readFileSync(inHome('secure/ca.pem'));
  const pages = ['/metrics', '/stats', '/api/v1/stats', '/api/v1/connections', '/api/v1/config'].map(
    (path) =>
      new Promise<string>((resolve, reject) => {
        const asked = get(`${adminUrl}${path}`, { ca, headers: { authorization } }, (answer) => {
          let text = '';
          answer.on('data', (chunk: Buffer) => (text += String(chunk)));
          answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(`${path}: ${text}`))));
        });
        asked.on('error', reject);
      }),
  );
  return (await Promise.all(pages)).join('\n');
}

/** Of the certificate that is shown to whoever comes now. */
async function serialAt(url: string): Promise<string> {
  const { hostname: host, port } = new URL(url.replace('qs:', 'https:'));
  const socket = connect({ host, port: Number(port), ca: readFileSync(inHome('secure/ca.pem')) });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

it('A1, A2, A3, SEC-7, SEC-15: init, start, a second user refused and let in, a restart; no secret anywhere', async () => {
  secretFile('admin.pw', ofAdmin);
  secretFile('bob.pw', ofBob);
  const where = ['--into', inHome('secure'), '--data-dir', inHome('data')];
  await init('--secure', ...where, '--password-file', inHome('admin.pw'));
  {
    await using broker = new BrokerProcess();
    const q = await caller(broker);
    expect(await q('admin', 'topic create orders -p 1')).toMatchObject({ code: 0 });
    expect(await q('admin', 'produce orders', 'hello\n')).toMatchObject({ code: 0 });
    expect(await q('bob', 'topic list')).toMatchObject({ code: 5 });
    expect(await q('admin', 'user create bob', ofBob)).toMatchObject({ code: 0 });
    expect(await q('bob', 'consume orders -o start -e')).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringContaining('User:bob needs') as string,
    });
    expect(await q('admin', 'acl test --principal bob -o read -t orders')).toMatchObject({ code: 1 });
    expect(await q('admin', 'acl add --allow bob --operation read --topic orders')).toMatchObject({ code: 0 });
    expect(await q('admin', 'acl test --principal bob -o read -t orders')).toMatchObject({ code: 0 });
    expect(await q('bob', 'consume orders -o start -e')).toMatchObject({ code: 0, stdout: 'hello\n' });
    said.push(await argumentsWhile(q));
    said.push(await numbersOf((await broker.ready()).adminUrl));
    expect((await q('admin', 'audit')).stdout).toContain('User:bob');
    expect(await broker.stop()).toBe(0);
  }
  await init('--renew', '--into', inHome('secure'));
  {
    await using broker = new BrokerProcess();
    const q = await caller(broker);
    expect(await q('bob', 'consume orders -o start -e')).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect(await q('admin', 'user passwd bob', another)).toMatchObject({ code: 0 });
    expect(await q('bob', 'topic list')).toMatchObject({ code: 5 });
    secretFile('bob.pw', another);
    expect(await q('bob', 'topic list')).toMatchObject({ code: 0 });
    const { url } = await broker.ready();
    const before = await serialAt(url);
    await init('--renew', '--into', inHome('secure'));
    broker.reload();
    // At once, and not only when the files are looked at.
    await expect.poll(() => broker.reloads).toContain('SIGHUP');
    expect(await serialAt(url)).not.toBe(before);
    expect(await q('bob', 'topic list')).toMatchObject({ code: 0 });
    expect(await broker.stop()).toBe(0);
  }
  const stored = globSync('data/**', { cwd: home, withFileTypes: true }).filter((entry) => entry.isFile());
  const kept = ['config/q/config.yaml', 'secure/q-broker.yaml'].map(inHome);
  const files = [...stored.map((entry) => join(entry.parentPath, entry.name)), ...kept];
  expect(files.length).toBeGreaterThan(5);
  for (const canary of canaries) {
    expect(said.join('\n')).not.toContain(canary);
    for (const path of files) expect(readFileSync(path).includes(canary), path).toBe(false);
  }
}, 60_000);

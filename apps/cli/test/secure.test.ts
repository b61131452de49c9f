/** `q` at brokers that ask who comes, and encrypt (rows A1, A2, O2; SEC-6, SEC-8, SEC-10, SEC-15). */
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBroker } from '@q/broker';
import type { Broker, BrokerOptions } from '@q/broker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runHere } from './command-here.ts';
import type { CommandHereOptions } from './command-here.ts';
import type { ProgramResult } from './q-program.ts';

const certificates = fileURLToPath(new URL('../../../packages/broker/test/certificates/', import.meta.url));
const pem = (name: string): Buffer => readFileSync(join(certificates, name));
/** No other text of a test has it: wherever it is found, it leaked. */
const canary = 'canary-Xq7-password';
const ofBroker = { cert: pem('broker.pem'), key: pem('broker.key') };

let folder: string;
let secured: Broker;
let plain: Broker;

async function start(options: BrokerOptions): Promise<Broker> {
  return startBroker({ storage: 'memory', port: 0, admin: false, ...options });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'q-secure-'));
  for (const name of ['ca.pem', 'other-ca.pem', 'client.pem', 'client.key'])
    copyFileSync(join(certificates, name), join(folder, name));
  secured = await start({ tls: ofBroker, security: { mechanisms: ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'] } });
  plain = await start({});
  await secured.users?.setPassword('ann', canary);
  vi.stubEnv('XDG_CONFIG_HOME', folder);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([secured.close(), plain.close()]);
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

function q(line: string, o: Partial<CommandHereOptions> = {}): Promise<ProgramResult> {
  return runHere({ line, url: `qs://127.0.0.1:${secured.port}`, ...o });
}

/** Comes in, and says nothing of the password. */
async function expectIn(line: string, o: Partial<CommandHereOptions> = {}): Promise<void> {
  const { code, stdout, stderr } = await q(`topic list --ca ${folder}/ca.pem ${line}`, o);
  expect({ code, stderr }).toEqual({ code: 0, stderr: o.terminal === true ? expect.any(String) : '' });
  expect(stdout + stderr).not.toContain(canary);
}

/** Fails with one line. */
async function fails(line: string, o: Partial<CommandHereOptions> = {}): Promise<ProgramResult> {
  const result = await q(line, o);
  expect(result.code, result.stderr).toBeGreaterThan(0);
  expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(result.stderr).not.toContain(canary);
  return result;
}

describe('q comes in', () => {
  it('A1, SEC-15: with a password from a file, a variable, a command, standard input or a prompt', async () => {
    await expectIn(`--user ann --password-file ${file('ann.pw', `${canary}\n`)}`);
    await expectIn(`--user ann --mechanism PLAIN --password-file ${file('ann.pw', canary)}`);
    await expectIn('--user ann --password-file -', { input: `${canary}\n` });
    vi.stubEnv('ANN_PW', canary);
    await expectIn('--user ann --password-variable ANN_PW');
    await expectIn('--user ann --password-command env|sed${IFS}-n${IFS}s/ANN_PW=//p');
    vi.stubEnv('Q_PASSWORD', canary);
    vi.stubEnv('Q_USER', 'ann');
    await expectIn('--timeout 5s');
    vi.stubEnv('Q_PASSWORD', undefined);
    vi.stubEnv('Q_USER', undefined);
    await expectIn('--user ann', { terminal: true, input: `${canary}\n` });
  });

  it('A1, SEC-15: with what a profile says, which holds no secret', async () => {
    const path = file('ann.pw', canary);
    const added = await q(`profile add one --ca ${folder}/ca.pem --user ann --password-file ${path} --use`);
    expect(added).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await q('topic list');
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'q/config.yaml'), 'utf8')).not.toContain(canary);
    for (const line of ['profile list', 'profile show one', 'profile list --json', 'profile show one --json']) {
      const shown = await q(line);
      expect(shown).toMatchObject({ code: 0, stderr: '' });
      expect(shown.stdout).toContain('ann');
      expect(shown.stdout).not.toContain(canary);
    }
    // Neither its password nor its authority counts for another broker, or for another user.
    expect(await fails('topic list', { url: `qs://localhost:${secured.port}` })).toMatchObject({ code: 1 });
    expect((await fails('topic list --user bob')).stderr).toContain('the password of bob is not known');
    chmodSync(path, 0o644);
    expect(await fails('profile show one')).toMatchObject({ stderr: expect.stringContaining('mode 0644') as string });
    rmSync(join(folder, 'q'), { recursive: true });
  });

  it('A1, A2: with a certificate and its key, as whom they say', async () => {
    const tls = { ...ofBroker, ca: pem('ca.pem'), clientCertificates: 'needed' } as const;
    const security = { certificates: ['RULE:^CN=([^,]*).*$/$1/'], superUsers: ['User:svc-orders'] };
    const broker = await start({ tls, security });
    try {
      const own = `--cert ${folder}/client.pem --cert-key ${file('own.key', pem('client.key').toString())}`;
      const url = `qs://127.0.0.1:${broker.port}`;
      await expectIn(own, { url });
      const made = await q(`topic create by-certificate --ca ${folder}/ca.pem ${own}`, { url });
      expect(made).toMatchObject({ code: 0, stderr: '' });
      expect((await fails(`topic list --ca ${folder}/ca.pem`, { url })).stderr).toContain('name yours with --cert');
    } finally {
      await broker.close();
    }
  });

  it('A1, SEC-15: with no secret in its arguments, nor in a profile, nor in a file for everybody', async () => {
    for (const words of [`--password ${canary}`, `--password=${canary}`, `--token ${canary}`, `--passwd=${canary}`]) {
      const { code, stderr } = await fails(`topic list --user ann ${words}`);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringMatching(/read by every user.*-file/) as string,
      });
    }
    const { stderr } = await fails('topic list', { url: `qs://ann:${canary}@127.0.0.1` });
    expect(stderr).toContain('***@127.0.0.1');
    for (const mode of [0o644, 0o640, 0o604, 0o660]) {
      const path = file('open.pw', canary, mode);
      const isRoots = process.getuid?.() === 0 && mode === 0o640;
      // One that is root's may be read by one group: so is it handed to a container.
      if (isRoots) await expectIn(`--user ann --password-file ${path}`);
      else expect((await fails(`topic list --user ann --password-file ${path}`)).stderr).toContain(`chmod 600 ${path}`);
    }
    expect(
      (await fails(`topic list --cert ${folder}/client.pem --cert-key ${file('o.key', 'x', 0o644)}`)).stderr,
    ).toContain('can be read by others');
  });

  it('A1: says in one sentence who is asked, and what was wrong', async () => {
    const ca = `--ca ${folder}/ca.pem`;
    expect(await fails(`topic list ${ca}`)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('asks who you are (AUTHENTICATION_REQUIRED); name a user with --user') as string,
    });
    expect(await fails(`topic list ${ca} --user ann --password-file ${file('w.pw', 'wrong')}`)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('check the user and the password') as string,
    });
    expect(await fails(`topic list ${ca} --user ann`)).toMatchObject({ code: 2 });
    expect(await fails(`topic list ${ca} --user ann --password-file ${file('e.pw', '\n')}`)).toMatchObject({ code: 1 });
    expect((await fails(`topic list ${ca} --password-file ${file('w.pw', 'x')}`)).stderr).toContain('--user');
    expect((await fails(`topic list ${ca} --user ann --password-command false`)).stderr).toContain('ended with 1');
    expect((await fails(`topic list ${ca} --mechanism OAUTHBEARER`)).stderr).toContain('--token-file');
    expect((await fails(`topic list ${ca} --mechanism SCRAM`)).stderr).toContain('SCRAM-SHA-512');
    expect((await fails(`topic list ${ca} --cert ${folder}/client.pem`)).stderr).toContain('--cert and --cert-key');
    expect((await fails(`topic list ${ca} --user a --password-file - --token-file x`)).stderr).toContain('together');
  });
});

describe('q trusts', () => {
  it.each([
    ['nobody it was not told of', '', 'name the certificate of its authority with --ca'],
    ['no other authority', ' --ca CA/other-ca.pem', 'name the certificate of its authority with --ca'],
    ['no other name', ' --ca CA/ca.pem --server-name elsewhere', 'is for localhost, 127.0.0.1; dial such a name'],
    ['no missing file', ' --ca CA/none.pem', 'there is no such file'],
    ['no file without a certificate', ' --ca CA/client.key', 'no certificate in PEM'],
  ])('A2, SEC-6: %s', async (_what, options, words) => {
    const login = `--user ann --password-file ${file('ann.pw', canary)}`;
    const { stderr } = await fails(`topic list ${login}${options.replaceAll('CA', folder)}`);
    expect(stderr).toContain(words);
  });

  it('A2: says which side speaks TLS and which does not', async () => {
    expect((await fails('topic list --timeout 2s', { url: `q://127.0.0.1:${secured.port}` })).stderr).toContain(
      'speaks TLS; use an address with qs://',
    );
    expect((await fails('topic list --timeout 2s', { url: `qs://127.0.0.1:${plain.port}` })).stderr).toContain(
      'does not encrypt; use an address with q://',
    );
    expect((await q('topic list', { url: `q://127.0.0.1:${plain.port}` })).code).toBe(0);
  });
});

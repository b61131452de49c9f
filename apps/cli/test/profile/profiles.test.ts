import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GlobalOptions } from '../../src/command-context.ts';
import { profilePath } from '../../src/profile/profile-path.ts';
import { createProgram } from '../../src/program.ts';
import { runProgram } from '../q-program.ts';
import type { ProgramResult } from '../q-program.ts';

let broker: Broker;
let home: string;
let file: string;

beforeAll(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
});
afterAll(async () => {
  await broker.close();
});
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'q-home-'));
  file = join(home, 'q', 'config.yaml');
  return () => rm(home, { recursive: true });
});

function q(line: string, env: Readonly<Record<string, string>> = {}): Promise<ProgramResult> {
  return runProgram({ args: line.split(' '), env: { XDG_CONFIG_HOME: home, ...env } });
}

/** What a command would get. */
async function optionsFor(flags: string, env: Readonly<Record<string, string>>): Promise<Partial<GlobalOptions>> {
  for (const [name, value] of Object.entries({ ...env, XDG_CONFIG_HOME: home })) vi.stubEnv(name, value);
  try {
    const none = new PassThrough();
    const program = createProgram(
      { stdin: none, stdout: none, stderr: none, interrupt: new AbortController().signal },
      { run: async () => undefined, writeMistake: (text) => expect.fail(text) },
    );
    await program.parseAsync(['topic', 'list', ...flags.split(' ').filter((word) => word !== '')], { from: 'user' });
    const { url, adminUrl, timeout, user, passwordFile } = program.opts<GlobalOptions>();
    return {
      ...(user !== undefined && { user }),
      ...(passwordFile !== undefined && { passwordFile }),
      url,
      ...(adminUrl !== undefined && { adminUrl }),
      ...(timeout !== undefined && { timeout }),
    };
  } finally {
    vi.unstubAllEnvs();
  }
}

/** Where nothing listens. */
const nowhere = 'q://127.0.0.1:1';

describe('q profile', () => {
  it('O2 keeps connections under names, in a file for nobody else', async () => {
    expect(await q(`profile add here --url ${broker.url} --timeout 5s`)).toEqual({
      code: 0,
      stdout: `here is ${broker.url}, which is used from now on\n`,
      stderr: '',
    });
    expect((await q(`profile add there --url ${nowhere} --admin-url http://127.0.0.1:2`)).stdout).toBe(
      `there is ${nowhere}\n`,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, 'q'))).mode & 0o777).toBe(0o700);
    expect(await readFile(file, 'utf8')).toBe(
      `current: here\nprofiles:\n  here:\n    url: ${broker.url}\n    timeout: 5000ms\n  there:\n    url: ${nowhere}\n    adminUrl: http://127.0.0.1:2\n`,
    );
    expect((await q('profile list')).stdout).toBe(
      `\tprofile\turl\tadmin url\ttimeout\tuser\n*\there\t${broker.url}\t-\t5000ms\t-\n\tthere\t${nowhere}\thttp://127.0.0.1:2\t-\t-\n`,
    );
    expect((await q('topic list')).code).toBe(0);
    expect((await q('profile use there')).stdout).toBe(`there is used from now on: ${nowhere}\n`);
    expect((await q('topic list --timeout 100ms')).stderr).toContain('127.0.0.1:1');
    expect((await q('profile remove there')).stdout).toBe('there is forgotten; no profile is used now\n');
    expect(JSON.parse((await q('profile list --json')).stdout)).toMatchObject({
      current: null,
      profiles: [{ name: 'here' }],
    });
  });

  it('O2 counts flags more than variables, and these more than a profile', async () => {
    await mkdir(join(home, 'q'));
    await writeFile(
      file,
      'current: used\nprofiles:\n  used: {url: q://used, timeout: 7s}\n  other: {url: q://other, adminUrl: "http://other"}\n',
    );
    const cases: [string, Record<string, string>, Partial<GlobalOptions>][] = [
      ['', {}, { url: 'q://used', timeout: 7000 }],
      ['--url q://flag', {}, { url: 'q://flag', timeout: 7000 }],
      ['--timeout 1s', {}, { url: 'q://used', timeout: 1000 }],
      ['', { Q_URL: 'q://env' }, { url: 'q://env', timeout: 7000 }],
      ['', { Q_PROFILE: 'other' }, { url: 'q://other', adminUrl: 'http://other' }],
      // The admin interface of a profile is that of its own broker: another one would be changed instead.
      ['', { Q_PROFILE: 'other', Q_URL: 'q://env' }, { url: 'q://env' }],
      ['--url q://flag', { Q_PROFILE: 'other' }, { url: 'q://flag' }],
      ['--profile other', {}, { url: 'q://other', adminUrl: 'http://other' }],
      // Named on the command line, it counts more than what the shell happens to have.
      [
        '--profile other',
        { Q_URL: 'q://env', Q_ADMIN_URL: 'http://env' },
        { url: 'q://other', adminUrl: 'http://other' },
      ],
      ['--profile other --url q://flag', {}, { url: 'q://flag' }],
      ['--profile other --url q://other', {}, { url: 'q://other', adminUrl: 'http://other' }],
      // That of another broker would be changed.
      ['--url q://flag', { Q_URL: 'q://env', Q_ADMIN_URL: 'http://env' }, { url: 'q://flag', timeout: 7000 }],
      [
        '--url q://env',
        { Q_URL: 'q://env', Q_ADMIN_URL: 'http://env' },
        { url: 'q://env', adminUrl: 'http://env', timeout: 7000 },
      ],
      ['--url q://flag', { Q_ADMIN_URL: 'http://env' }, { url: 'q://flag', adminUrl: 'http://env', timeout: 7000 }],
      ['--profile used', { Q_ADMIN_URL: 'http://env' }, { url: 'q://used', timeout: 7000 }],
    ];
    for (const [flags, env, expected] of cases)
      expect(await optionsFor(flags, env), `${flags} ${JSON.stringify(env)}`).toEqual(expected);
  });

  it('A1, O2: a certificate on the command line takes the place of the user of the profile and its password', async () => {
    await mkdir(join(home, 'q'));
    await writeFile(file, 'current: one\nprofiles:\n  one: {url: qs://one, user: ann, passwordFile: ann.pw}\n');
    const own = { url: 'qs://one', user: 'ann', passwordFile: 'ann.pw' };
    expect(await optionsFor('', {})).toEqual(own);
    expect(await optionsFor('--cert c.pem --cert-key k.pem', {})).toEqual({ url: 'qs://one' });
    expect(await optionsFor('', { Q_CERT: 'c.pem', Q_CERT_KEY: 'k.pem' })).toEqual({ url: 'qs://one' });
    expect(await optionsFor('--profile one', { Q_CERT: 'c.pem', Q_CERT_KEY: 'k.pem' })).toEqual(own);
    expect(await optionsFor('--cert c.pem --cert-key k.pem --user ann', {})).toEqual(own);
    expect(await optionsFor('--cert c.pem --cert-key k.pem --user bob', {})).toEqual({ url: 'qs://one', user: 'bob' });
  });

  it('O2, A2 says what of a profile counts for nothing beside the address of another broker', async () => {
    await q(`profile add one --url ${nowhere} --user ann --mechanism PLAIN`);
    const beside = await q(`topic list --profile one --url ${broker.url}`);
    expect(beside).toMatchObject({
      code: 0,
      stderr: `note: profile "one" is of ${nowhere}: at ${broker.url} its user, mechanism count for nothing\n`,
    });
    expect((await q(`topic list --url ${broker.url}`)).stderr).toBe('');
  });

  it('O2 says which profiles there are, and replaces none by accident', async () => {
    await q(`profile add one --url ${broker.url}`);
    expect(await q('topic list --profile tow')).toMatchObject({
      code: 3,
      stderr: `q: there is no profile "tow" in ${file}; it has one\n`,
    });
    expect(await q('profile use tow')).toMatchObject({ code: 3 });
    expect(await q(`profile add one --url ${nowhere}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--force replaces it') as string,
    });
    expect((await q(`profile add one --url ${nowhere} --force`)).code).toBe(0);
    expect(await q('profile add two')).toMatchObject({ code: 2, stderr: expect.stringContaining('--url') as string });
    expect(await q('profile add two --url http://x:y')).toMatchObject({ code: 2 });
    expect(await q(`profile add a/b --url ${nowhere}`)).toMatchObject({ code: 2 });
  });

  it('Q3 names what is wrong with the file, and can mend it all the same', async () => {
    await mkdir(join(home, 'q'));
    const wrong = {
      'profiles: [': 'cannot be used',
      'profile: {}': 'the file has no "profile"; it knows current, profiles',
      'profiles: {a: {url: 7}}': 'url of profile a is 7; expected a text',
      'profiles: {a: {}}': 'profile a has no url',
      'profiles: {a: {url: "q://x", port: 1}}': 'profile a has no "port"; it knows url, adminUrl, timeout',
      'profiles: {a: {url: "q://x", timeout: soon}}': 'timeout of profile a is "soon"; expected a time',
      'profiles: {a: {url: "q://x", password: hunter2}}':
        'profile a holds a password, and this file is no place for secrets',
      'profiles: {a: {url: "q://x", tls: "yes"}}': 'tls of profile a is "yes"; expected true or false',
      'profiles: {a: {url: "q://x", mechanism: MD5}}': 'mechanism of profile a is "MD5"; expected one of SCRAM',
      '- a': 'the file is not a list of names with values',
    };
    for (const [text, words] of Object.entries(wrong)) {
      await writeFile(file, text);
      const { code, stderr } = await q('topic list');
      expect(code, text).toBe(1);
      expect(stderr, text).toContain(`q: ${file} cannot be used: `);
      expect(stderr, text).toContain(words);
      expect(stderr, text).not.toContain('hunter2');
    }
    await writeFile(file, '');
    expect((await q('profile list --json')).code).toBe(0);
    await writeFile(file, 'current: gone\nprofiles: {}\n');
    expect((await q(`profile add here --url ${broker.url}`)).code).toBe(0);
  });

  it('O2 looks where XDG says, if it says so as it should', () => {
    expect(profilePath({ XDG_CONFIG_HOME: '/etc/x', HOME: '/srv/ann' })).toBe('/etc/x/q/config.yaml');
    expect(profilePath({ XDG_CONFIG_HOME: 'x', HOME: '/srv/ann' })).toBe('/srv/ann/.config/q/config.yaml');
    expect(profilePath({ HOME: '/srv/ann' })).toBe('/srv/ann/.config/q/config.yaml');
  });
});

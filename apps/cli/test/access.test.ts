/** `q user`, `acl`, `quota`, `audit` and `whoami` at a broker that asks (rows A1, A3, O2; SEC-7, SEC-11, SEC-15). */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminExtension } from '@q/admin';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { operationsOf as operationsOfBroker, resourceTypes as typesOfBroker } from '@q/security';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operationsOf, resourceTypes } from '../src/acl/rule-words.ts';
import { runHere } from './command-here.ts';
import type { ProgramResult } from './q-program.ts';

const secret = 'canary-Ad9-password';
let folder: string;
let broker: Broker;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'q-access-'));
  broker = await startBroker({
    storage: 'memory',
    port: 0,
    security: { mechanisms: ['SCRAM-SHA-512'], superUsers: ['User:admin'] },
    admin: { port: 0, extension: adminExtension() },
  });
  await broker.users?.setPassword('admin', secret);
  secretFile('admin', secret);
});

afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

function secretFile(user: string, password: string): void {
  writeFileSync(join(folder, user), password);
  chmodSync(join(folder, user), 0o600);
}

async function q(line: string, o: { as?: string; input?: string; terminal?: boolean } = {}): Promise<ProgramResult> {
  const { as = 'admin', ...rest } = o;
  const login = `--admin-url ${broker.adminUrl} --user ${as} --password-file ${join(folder, as)}`;
  const result = await runHere({ line: `${login} ${line}`, url: broker.url, ...rest });
  expect(result.stdout + result.stderr).not.toContain(secret);
  return result;
}

describe('who belongs there', () => {
  it('A1, SEC-15: users are made, listed, given other passwords and deleted; no password is shown', async () => {
    expect(await q('user create bob', { input: 'one\n' })).toEqual({ code: 0, stdout: 'made user bob\n', stderr: '' });
    expect((await q('user create bob', { input: 'two\n' })).stderr).toContain('q user passwd bob');
    expect((await q('user list')).stdout).toContain('bob\tSCRAM-SHA-256, SCRAM-SHA-512\n');
    const made = await q('user passwd bob --generate');
    expect(made.stdout).toMatch(/^[\w-]{24}\n$/);
    expect(await q('user passwd bbo', { input: 'x' })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('did you mean bob?') as string,
    });
    expect((await q('user delete bob')).stderr).toContain('add --force');
    await q('acl add --allow bob -o read -t bobs');
    expect(await q('user delete bob --force')).toEqual({
      code: 0,
      stdout: 'deleted user bob\n',
      stderr: expect.stringMatching(/1 access rule about bob stays, .*"q acl remove --principal bob"/) as string,
    });
    await q('acl remove --principal bob --force');
  });

  it('A1, SEC-15: a password that is made up goes into a new file for nobody else, and opens the door', async () => {
    const path = join(folder, 'shop');
    expect(await q('user create shop --into x', { input: 'x' })).toMatchObject({ code: 2 });
    expect(await q(`user create shop --generate --into ${path}`)).toEqual({
      code: 0,
      stdout: `made user shop; its password is in ${path}\n`,
      stderr: '',
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await q('whoami', { as: 'shop' })).stdout).toContain('User:shop');
    const before = readFileSync(path, 'utf8');
    const taken = await q(`user passwd shop --generate --into ${path}`);
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining('there is one') as string });
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(await q(`user create ${'s'.repeat(300)} --generate --into ${path}2`)).toMatchObject({ code: 1 });
    expect(existsSync(`${path}2`)).toBe(false);
    await q('user delete shop --force');
  });

  it('A1: whoami says who one is and by what', async () => {
    expect((await q('whoami')).stdout).toMatch(/^principal\tUser:admin\nby\tpassword\naddress\t127\.0\.0\.1\n$/);
  });

  it('A3, SEC-11, SEC-12: a test says what the doors do, of topics that are to be made and of those of the broker', async () => {
    await q('user create maker', { input: 'of-maker' });
    secretFile('maker', 'of-maker');
    await q('acl add --allow maker -o create --cluster');
    await q('acl add --deny maker -o create -t pay- --prefixed');
    await q('acl add --allow maker -o read -t *');
    const tested = async (what: string) => {
      const { code, stdout } = await q(`acl test --principal maker ${what}`);
      return [code, stdout.trimEnd()];
    };
    expect(await tested('-o create -t pay-1')).toEqual([
      1,
      'refused by the rule: deny User:maker to create each topic whose name begins with "pay-"',
    ]);
    expect((await q('topic create pay-1', { as: 'maker' })).code).toBe(5);
    expect(await tested('-o create -t other-1')).toEqual([
      0,
      expect.stringMatching(/^allowed by the rule: allow User:maker to create .*cluster/) as string,
    ]);
    expect((await q('topic create other-1', { as: 'maker' })).code).toBe(0);
    expect(await tested('-o read -t __metadata')).toEqual([
      1,
      'refused: it needs clusterAction on the cluster, and no rule allows that',
    ]);
    expect(await tested('-o create -t __metadata')).toEqual([
      1,
      'refused: the topic belongs to the broker itself, which alone changes it',
    ]);
    await q('acl remove --principal maker --force');
    await q('user delete maker --force');
    await q('topic delete other-1 --force');
  });

  it('A3, SEC-7, SEC-11: a second user is refused, let in by a rule, and refused again without it', async () => {
    await q('user create ann', { input: 'of-ann' });
    secretFile('ann', 'of-ann');
    expect((await q('topic create orders -p 1')).code).toBe(0);
    const refused = await q('topic describe orders', { as: 'ann' });
    expect(refused).toMatchObject({ code: 5, stdout: '', stderr: expect.stringContaining('User:ann') as string });
    expect(await q('acl test --principal ann -o read -t orders')).toEqual({
      code: 1,
      stdout: 'refused: no rule allows it\n',
      stderr: '',
    });
    expect((await q('acl add --allow ann --consumer --topic orders --group billing')).stdout).toBe(
      'added: allow User:ann to read topic orders\nadded: allow User:ann to read group billing\n',
    );
    expect((await q('acl add --allow ann -o Read --topic orders')).stdout).toContain('there already: ');
    expect((await q('topic list', { as: 'ann' })).stdout).toContain('orders');
    expect((await q('acl test --principal ann -o read -t orders')).stdout).toBe(
      'allowed by the rule: allow User:ann to read topic orders\n',
    );
    expect((await q('acl list --topic orders --matching')).stdout).toContain(
      'User:ann\tallow\tread\ttopic\torders\tliteral\t*\n',
    );
    expect((await q('acl remove --principal ann --topic orders --dry-run')).stdout).toContain('would remove');
    expect(await q('acl remove --principal ann --force')).toMatchObject({ code: 0 });
    expect((await q('topic list', { as: 'ann' })).stdout).not.toContain('orders');
    expect(await q('user list', { as: 'ann' })).toMatchObject({ code: 5 });
    const noted = await q('audit --principal ann --result denied');
    expect(noted.stdout).toContain('User:ann');
  });

  it('A3: asks before a rule locks its author out', async () => {
    const line = 'acl add --deny * --operation all --cluster';
    expect(await q(line)).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') as string });
    expect(await q(line, { terminal: true, input: 'n\n' })).toMatchObject({ code: 1 });
    expect((await q('acl list')).stdout).not.toContain('deny');
  });

  it.each([
    ['acl add --allow ann --operation raed --topic t', 'did you mean "read"?'],
    ['acl add --allow ann --operation write --group g', 'there is no "write" of a group'],
    ['acl add --allow ann --operation read --topic orders-*', 'use "orders-" and --prefixed'],
    ['acl test --principal ann --operation read --topic orders-*', '"orders-*" is no name; test one that begins so'],
    ['acl add --operation read --topic t', '--allow USER'],
    ['acl add --allow ann --topic t', '--operation read'],
    ['acl add --allow ann --consumer --topic t', '--group'],
    ['acl add --allow Group:x -o read --topic t', 'rules for users alone'],
    ['acl remove', '--all'],
    ['quota set user=ann prodce=1MB', 'did you mean produce?'],
    ['quota set produce=1MB', 'whose quota?'],
    ['quota set user=ann produce=10XB', 'produce is "10XB"; expected bytes in a second, such as 10MB'],
  ])('A3, O2: %s says what was meant', async (line, words) => {
    const { code, stderr } = await q(line);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  it('A3: quotas are set, listed and taken away', async () => {
    expect((await q('quota set user=ann produce=10MB request=50%')).stdout).toBe(
      'set user=ann produce=10MB request=50%\n',
    );
    expect((await q('quota list')).stdout).toContain('user=ann\tproducerByteRate\t10000000\n');
    expect((await q('quota remove user=ann')).code).toBe(0);
    expect((await q('quota remove user=ann')).code).toBe(3);
  });

  it('A3: a name that is mistyped, and bytes that are few, are taken and pointed out', async () => {
    const missing = await q('acl add --allow annn -o read -t orders');
    expect(missing).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /^note: the broker has no user "annn" with a password; did you mean ann\?/,
      ) as string,
    });
    const tested = await q('acl test --principal nosuch -o read -t orders');
    expect(tested.stderr).toMatch(/^note: .*no user "nosuch" with a password; that is right for one .* certificate/);
    expect((await q('acl add --allow * --deny ANONYMOUS -o read -t orders')).stderr).toBe('');
    const tiny = await q('quota set user=annn produce=20');
    expect(tiny.code).toBe(0);
    expect(tiny.stderr).toMatch(/^note: the broker has no user "annn".*\nnote: producerByteRate is 20 bytes a second/);
    expect((await q('quota set user=admin produce=20MB')).stderr).toBe('');
    expect(await q('quota set address=localhost connections=5')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('an IP address') as string,
    });
    await q('quota set address=::ffff:10.0.0.7 connections=5');
    expect((await q('quota list')).stdout).toContain('address=10.0.0.7\t');
  });

  it('O2: the audit trail is shown from a moment on', async () => {
    expect((await q('audit --since 1h -n 1000')).stdout).toContain('audit.login_done');
    expect((await q(`audit --since ${new Date(Date.now() + 86_400_000).toISOString()}`)).stdout).toBe('');
    expect(await q('audit --since yesterday')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('such as 1h') as string,
    });
  });

  it('A3: the command line has the operations that the broker has', () => {
    expect(resourceTypes).toEqual(typesOfBroker);
    for (const type of resourceTypes) expect(operationsOf(type)).toEqual(operationsOfBroker(type));
  });
});

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBroker } from '@q/broker';
import { connect } from '@q/client';
import { describe, expect, it, onTestFinished } from 'vitest';

const run = promisify(execFile);

/** Runs an example of the client as a program of its own, and gives what it printed. */
async function runExample(name: string): Promise<string[]> {
  await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  return await runExampleAt(broker.url, name);
}

async function runExampleAt(url: string, name: string, ...more: string[]): Promise<string[]> {
  const file = fileURLToPath(new URL(`../../packages/client/examples/${name}.ts`, import.meta.url));
  const { stdout, stderr } = await run(process.execPath, ['--conditions=@q/source', file, url, ...more], {
    timeout: 15_000,
  });
  expect(stderr).toBe('');
  return stdout.trim().split('\n');
}

describe('examples of @q/client', () => {
  it('Q1 first-message sends a record and reads it', async () => {
    expect(await runExample('first-message')).toEqual([
      expect.stringMatching(/^stored at \d\/0 \(memory\)$/),
      'customer-7 ordered two lamps',
    ]);
  });

  it('Q1 first-message runs after the commands of the README, which have made its topic with other partitions, and again', async () => {
    await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
    await using q = await connect(broker.url);
    await q.admin.createTopic('orders', { partitions: 8 });
    for (let times = 0; times < 2; times += 1) expect(await runExampleAt(broker.url, 'first-message')).toHaveLength(2);
  });

  it('Q1 Q2 say in one line, with its code, what is wrong; Q_URL names the broker', async () => {
    const broker = await startBroker({ storage: 'memory', port: 0, admin: false });
    const { url } = broker;
    const { scripts } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      scripts: { example: string };
    };
    const [, ...flags] = scripts.example.split(' ');
    const [cwd, file] = [fileURLToPath(new URL('../..', import.meta.url)), 'packages/client/examples/first-message.ts'];
    const start = (env: NodeJS.ProcessEnv): Promise<{ stdout: string; stderr: string }> =>
      run(process.execPath, [...flags, file], { cwd, env: { ...process.env, ...env }, timeout: 30_000 });
    expect((await start({ Q_URL: url })).stdout).toContain('customer-7 ordered two lamps');
    await broker.close();
    await expect(start({ Q_URL: url })).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^(nothing yet; .*\n)?NO_BROKER: No broker could be reached .*\n$/) as string,
    });
  }, 40_000);

  it('Q1 typed-topic checks values on both ends', async () => {
    expect(await runExample('typed-topic')).toEqual([
      'SCHEMA_MISMATCH',
      "customer-7 { item: 'lamp', quantity: 2, note: '' }",
    ]);
  });

  it('Q1 fast-producer delivers every record', async () => {
    const [line] = await runExample('fast-producer');
    const [, ...ends] = /^2 \{ '0': (\d+), '1': (\d+), '2': (\d+), '3': (\d+) \}$/.exec(line ?? '') ?? [];
    expect(ends.reduce((sum, end) => sum + Number(end), 0)).toBe(100_002);
  });

  it('Q1 read-anywhere reads from times and offsets', async () => {
    expect(await runExample('read-anywhere')).toEqual(['minute 58', 'minute 59', '58', '59', '50 60', 'minute 59']);
  });

  it('A1 A3 secured comes in over TLS, as a user with the right to write', async () => {
    const certificates = new URL('../../packages/broker/test/certificates/', import.meta.url);
    const pem = (name: string): string => fileURLToPath(new URL(name, certificates));
    await using broker = await startBroker({
      storage: 'memory',
      port: 0,
      admin: false,
      autoCreateTopics: true,
      tls: { cert: { file: pem('broker.pem') }, key: { file: pem('broker.key') } },
      security: { mechanisms: ['SCRAM-SHA-512'] },
    });
    const folder = await mkdtemp(join(tmpdir(), 'q-secured-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const password = join(folder, 'shop.password');
    await writeFile(password, 'long and secret\n');
    await broker.users!.setPassword('shop', 'long and secret');
    for (const operation of ['write', 'create'] as const)
      await broker.rules!.add({
        principal: 'User:shop',
        host: '*',
        permission: 'allow',
        operation,
        resourceType: 'topic',
        patternType: 'prefixed',
        resourceName: 'orders-',
      });
    expect(await runExampleAt(broker.url, 'secured', pem('ca.pem'), password)).toEqual(['stored at offset 0']);
  });

  it('X1 transactions shows what was committed, and nothing of what was aborted', async () => {
    expect(await runExample('transactions')).toEqual(['nothing was paid: the card was refused', 'payments: 250']);
  });

  it('X3 exactly-once copies each record once', async () => {
    expect(await runExample('exactly-once')).toEqual(['100 clicks are billed, each once']);
  });

  it('Q1 B6 group-consumer drains on SIGTERM, and says how it went', async () => {
    const lines = await runExample('group-consumer');
    expect(lines).toEqual([
      expect.stringMatching(/^handled 100, [01] of them while closing, 0 will be delivered again$/),
    ]);
  });

  it('Q1 B5 by-key handles each key in order', async () => {
    expect(await runExample('by-key')).toEqual(['in order: true, abandoned: 0']);
  });
});

/** `q-broker init` (A1, A2, O3; SEC-9, SEC-15). */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { X509Certificate } from 'node:crypto';
import { startBroker } from '@q/broker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInit } from '../../src/init/run-init.ts';
import { programInput } from '../../src/settings-input.ts';

let home: string;
let now = Date.parse('2026-12-01T00:00:00Z');
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'q-init-'));
});
afterEach(() => rmSync(home, { recursive: true }));

async function init(words: readonly string[], input = ''): Promise<{ code: number; out: string; err: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input);
  const env = { XDG_CONFIG_HOME: join(home, 'config') };
  const code = await runInit(words, {
    now: () => now,
    env,
    input: { stdin, stderr },
    stdout,
    settingsInput: (argv) => programInput({ argv, env }),
  });
  const text = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? '');
  return { code, out: text(stdout), err: text(stderr) };
}

const secure = (...more: string[]): string[] => [
  '--secure',
  '--into',
  join(home, 'secure'),
  '--data-dir',
  join(home, 'data'),
  ...more,
];
const file = (name: string): string => readFileSync(join(home, 'secure', name), 'utf8');

describe('q-broker init --secure', () => {
  it('A2, SEC-15: makes all of it once, for nobody else to read, and shows no secret', async () => {
    const { code, out, err } = await init(secure());
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)[0]),
    ).toEqual(['made', 'start', 'connect', 'not for']);
    const password = file('admin.password').trim();
    expect(password).toMatch(/^[\w-]{24}$/);
    const names = ['admin.password', 'ca-key.pem', 'ca.pem', 'q-broker.yaml', 'server-key.pem', 'server.pem'];
    expect(readdirSync(join(home, 'secure'))).toEqual(names);
    for (const name of names) expect(statSync(join(home, 'secure', name)).mode & 0o777).toBe(0o600);
    const profile = readFileSync(join(home, 'config/q/config.yaml'), 'utf8');
    expect(profile).toContain('current: secure');
    for (const said of [out, profile, file('q-broker.yaml')]) expect(said).not.toContain(password);
    const before = names.map(file);
    const again = await init(secure());
    expect(again.code).toBe(0);
    expect(again.out).toContain('nothing new (there already: ');
    expect(names.map(file)).toEqual(before);
  });

  it('A1, A3: makes an administrator with rules that can be seen', async () => {
    await init(secure('--admin', 'ann'));
    await using broker = await startBroker({
      dataDir: join(home, 'data'),
      port: 0,
      admin: false,
      security: { mechanisms: ['SCRAM-SHA-512'] },
    });
    expect(broker.users?.list()).toEqual(['ann']);
    expect(broker.rules?.list()).toHaveLength(4);
  });

  it('A2: renews the certificate for its key and names', async () => {
    await init(secure());
    const [old, key] = [new X509Certificate(file('server.pem')), file('server-key.pem')];
    now += 86_400_000;
    expect((await init(['--renew', '--into', join(home, 'secure'), '--name', 'q1.example.com'])).code).toBe(0);
    const fresh = new X509Certificate(file('server.pem'));
    expect(fresh.serialNumber).not.toBe(old.serialNumber);
    expect(fresh.publicKey.equals(old.publicKey)).toBe(true);
    expect(file('server-key.pem')).toBe(key);
    expect(fresh.checkHost('q1.example.com')).toBe('q1.example.com');
    expect(fresh.verify(new X509Certificate(file('ca.pem')).publicKey)).toBe(true);
  });
});

describe('q-broker init', () => {
  it('A2: leaves nothing behind where a broker runs, and makes a certificate of one more user meanwhile', async () => {
    const dataDir = join(home, 'data');
    const into = join(home, 'secure');
    await using broker = await startBroker({ dataDir, port: 0, admin: false });
    const refused = await init(secure('--client', 'shop'));
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('in use')]);
    expect(readdirSync(into)).toEqual([]);
    await broker.close();
    expect((await init(secure())).code).toBe(0);
    await using again = await startBroker({
      dataDir,
      port: 0,
      admin: false,
      security: { mechanisms: ['SCRAM-SHA-256'] },
    });
    expect(again.users?.list()).toEqual(['admin']);
    const added = await init(['--client', 'shop', '--into', into]);
    expect(added).toMatchObject({ code: 0, err: '', out: expect.stringContaining('made ') as string });
    const shop = new X509Certificate(file('shop.pem'));
    expect([shop.subject, shop.checkIssued(new X509Certificate(file('ca.pem')))]).toEqual(['CN=shop', true]);
    expect(statSync(join(into, 'shop-key.pem')).mode & 0o777).toBe(0o600);
    expect((await init(['--client', 'shop', '--into', into])).out).toContain('there already: ');
    expect((await init(['--client', 'shop', '--into', home])).err).toContain('there is no authority');
  });

  it.each(['ca', 'CA', 'server', 'ca-key', 'shop-key', 'ANONYMOUS'])(
    'A2, SEC-8: makes no certificate of a user who is called %s, and leaves nothing behind',
    async (name) => {
      const refused = await init(secure('--client', name));
      expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringContaining(name) as string });
      expect(readdirSync(home)).toEqual([]);
      expect((await init(secure())).code).toBe(0);
      const before = readdirSync(join(home, 'secure'));
      const again = await init(['--client', name, '--into', join(home, 'secure')]);
      expect([again.code, again.out, again.err]).toEqual([1, '', refused.err]);
      expect(readdirSync(join(home, 'secure'))).toEqual(before);
    },
  );

  it('A2, Q3: sets the ports that it is told, in the settings and in the profile', async () => {
    expect((await init(secure('--port', '7520', '--admin-port', '7521', '--kafka-port', '9192'))).code).toBe(0);
    expect(file('q-broker.yaml')).toContain('port: 7520\nadminPort: 7521\nkafkaPort: 9192\n');
    const profile = readFileSync(join(home, 'config/q/config.yaml'), 'utf8');
    expect(profile).toMatch(/url: qs:\/\/localhost:7520\n +adminUrl: https:\/\/localhost:7521\n/);
    expect(await init(secure('--port', '0'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('from 1 to 65535') as string,
    });
    expect((await init(['--admin', 'ann', '--port', '1'])).err).toContain('--port goes with --secure');
  });

  it('A2, Q3: refuses a profile that leads to another broker, and ports that would not count', async () => {
    await init(secure('--port', '7520'));
    expect((await init(secure())).out).toContain('nothing new');
    expect((await init(secure('--port', '7520'))).out).toContain('nothing new');
    const ports = await init(secure('--port', '7530'));
    expect([ports.code, ports.err]).toEqual([1, expect.stringMatching(/port 7530 would not count: .*has 7520/)]);
    const second = ['--secure', '--into', join(home, 'second'), '--data-dir', join(home, 'data2')];
    const refused = await init([...second, '--port', '7620']);
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringMatching(/"secure" already, for the broker qs:\/\/localhost:7520 .*--profile/),
    ]);
    expect(readdirSync(home).sort()).toEqual(['config', 'data', 'secure']);
    expect((await init([...second, '--port', '7620', '--profile', 'second'])).code).toBe(0);
    expect(readFileSync(join(home, 'config/q/config.yaml'), 'utf8')).toContain('qs://localhost:7620');
  });

  it('Q3: names the folder above that is missing', async () => {
    const { code, err } = await init(['--secure', '--into', join(home, 'no', 'secure')]);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining(`there is no folder ${join(home, 'no')}; make that first`),
    ]);
  });
});

describe('q-broker init --admin', () => {
  const admin = (...words: string[]): string[] => ['--admin', 'ann', '--data-dir', join(home, 'data'), ...words];

  it('A1, SEC-15: makes the first administrator, once', async () => {
    expect(await init(admin(), 'canary-1\n')).toMatchObject({ code: 0, err: '' });
    const again = await init(admin(), 'canary-2\n');
    expect(again).toMatchObject({ code: 1, out: '' });
    expect(again.err).toContain('has users already (ann)');
    expect(again.err).not.toContain('canary');
  });

  it('A1, SEC-15: takes no password from its arguments, an empty input, or a file for everybody', async () => {
    const { code, err } = await init(admin('--password', 'canary'));
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('every user of the machine') as string });
    expect(err).not.toContain('canary');
    expect((await init(admin(), '\n')).err).toContain('is empty');
    writeFileSync(join(home, 'open'), 'x', { mode: 0o644 });
    expect((await init(admin('--password-file', join(home, 'open')))).err).toContain('chmod 600');
    expect((await init(['--admni', 'x'])).err).toContain('did you mean --admin?');
  });
});

/** Settings of listeners, TLS and authentication, and what the program does by default (row A1). */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '@q/broker';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerOptions } from '../src/broker-options.ts';
import { makeFirstAdministrator } from '../src/first-administrator.ts';
import { listenersOf } from '../src/kafka-doors.ts';
import { resolveSettings } from '../src/resolve-settings.ts';
import { programInput } from '../src/settings-input.ts';
import { refusalOf } from '../src/settings-report.ts';

const certificates = new URL('../../../packages/broker/test/certificates/', import.meta.url);
const path = (name: string): string => new URL(name, certificates).pathname;
const tls = ['--tls-cert-file', path('broker.pem'), '--tls-key-file', path('broker.key')];

async function settingsOf(argv: readonly string[], file?: string) {
  const input = programInput({ argv: file === undefined ? argv : ['--config', 'q.yaml', ...argv], env: {} });
  const resolved = await resolveSettings({ ...input, readFile: () => Promise.resolve(file ?? '') });
  if (resolved.kind !== 'settings') throw new Error(JSON.stringify(resolved));
  return resolved.settings;
}

describe('A1, Q3: settings of security', () => {
  it('A1, Q3: none of them means that nobody is asked, on this machine alone', async () => {
    const settings = await settingsOf([]);
    expect(brokerOptions(settings)).not.toHaveProperty('security');
    expect(refusalOf({ settings })).toBeNull();
  });

  it.each([['--host'], ['--admin-host']])(
    'A1, Q3: %s elsewhere without security is refused with both ways out, and --insecure or authentication is one',
    async (flag) => {
      const refusal = refusalOf({ settings: await settingsOf([flag, '0.0.0.0']) });
      expect(refusal).toMatch(/q-broker init --secure.*--insecure/);
      expect(refusalOf({ settings: await settingsOf([flag, '0.0.0.0', '--insecure']) })).toBeNull();
      expect(refusalOf({ settings: await settingsOf([flag, '0.0.0.0', '--authentication', 'scram']) })).toBeNull();
    },
  );

  it('A1, Q3: TLS, mechanisms, mapping and super users come to what the broker takes', async () => {
    const settings = await settingsOf([
      ...tls,
      '--tls-ca-file',
      path('ca.pem'),
      '--authentication=scram,certificate',
      '--super-users=User:a;User:b',
      '--certificate-mapping=RULE:^CN=(.*?),.*$/$1/L,DEFAULT',
    ]);
    const options = brokerOptions(settings);
    expect(options).toMatchObject({
      tls: { cert: { file: path('broker.pem') }, clientCertificates: 'wanted' },
      admin: { tls: { key: { file: path('broker.key') } } },
      security: {
        mechanisms: ['SCRAM-SHA-512', 'SCRAM-SHA-256'],
        certificates: ['RULE:^CN=(.*?),.*$/$1/L,DEFAULT'],
        superUsers: ['User:a', 'User:b'],
      },
    });
    expect(refusalOf({ settings })).toBeNull();
  });

  it.each([
    [['--authentication=certificate'], /^authentication = certificate: .*tlsCertFile, tlsKeyFile and tlsCaFile/],
    [['--authentication=certificate', ...tls], /^authentication = certificate: .*tlsCaFile/],
    [['--authentication=PLAIN'], /^authentication = PLAIN: .*tlsCertFile and tlsKeyFile as well.*scram/],
  ])('A1, Q3: %j names the settings that are missing', async (flags, words) => {
    expect(refusalOf({ settings: await settingsOf(flags) })).toMatch(words);
  });

  it('A1, Q3: listeners are a text, or a list in the file', async () => {
    const text = 'inside=q://127.0.0.1:0?authentication=none;outside=kafkas://[::1]:0?advertised=a.example:9093';
    const file = [
      'listeners:',
      '  - { name: inside, scheme: q, host: 127.0.0.1, port: 0, authentication: none }',
      '  - { name: outside, url: "kafkas://[::1]:0", advertised: "a.example:9093" }',
    ].join('\n');
    for (const settings of [await settingsOf([...tls, '--listeners', text]), await settingsOf(tls, file)]) {
      expect(await listenersOf(settings)).toMatchObject([
        { name: 'inside', protocol: 'native', host: '127.0.0.1', port: 0, authentication: 'none' },
        { name: 'outside', protocol: { name: 'kafka' }, host: '::1', advertised: { host: 'a.example', port: 9093 } },
      ]);
      expect(brokerOptions(settings)).not.toHaveProperty('port');
    }
  });

  it.each([
    ['inside=amqp://127.0.0.1:1', /amqp|scheme/],
    ['inside=q://127.0.0.1', /host:port/],
    ['inside=q://127.0.0.1:1?colour=red', /colour/],
    ['inside=qs://127.0.0.1:1', /tlsCertFile/],
    ['inside=q://127.0.0.1:1?cert=/x', /plain/],
  ])('A1, Q3: the listener %s is refused, and said why', async (text, reason) => {
    expect(refusalOf({ settings: await settingsOf(['--listeners', text]) })).toMatch(reason);
  });

  it.each([
    [['--tls-cert-file', '/x'], /tlsKeyFile/],
    [['--tls-key-file', '/x'], /tlsCertFile/],
    [['--tls-ca-file', '/x'], /tlsCertFile/],
  ])('A1, Q3: %j says what is missing', async (argv, reason) => {
    expect(refusalOf({ settings: await settingsOf(argv) })).toMatch(reason);
  });
});

describe('A1 the first administrator', () => {
  const setUp = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'q-admin-'));
    const file = join(folder, 'password');
    await writeFile(file, 'right\n');
    const security = { mechanisms: ['SCRAM-SHA-256'] as const };
    const broker = await startBroker({ storage: 'memory', port: 0, admin: false, security });
    onTestFinished(() => broker.close());
    return { broker, settings: { firstAdmin: 'ada', firstAdminPasswordFile: file } };
  };

  it('A1, SEC-7: does not come back at the next start once it was removed', async () => {
    const { broker, settings } = await setUp();
    await makeFirstAdministrator(settings, broker);
    await broker.users!.remove('ada');
    expect(await makeFirstAdministrator(settings, broker)).toBeNull();
    expect(broker.users!.list()).toEqual([]);
  });

  it('A1 is made whole by the next start, where the first was cut off between the user and its rules', async () => {
    const { broker, settings } = await setUp();
    await broker.users!.setPassword('ada', 'right');
    expect(await makeFirstAdministrator(settings, broker)).toBe('ada');
    expect(broker.rules!.list()).toHaveLength(4);
    // An administrator who was given less on purpose, beside others, keeps it so.
    await broker.users!.setPassword('eve', 'another');
    await broker.rules!.remove(broker.rules!.list()[0]!);
    expect(await makeFirstAdministrator(settings, broker)).toBeNull();
    expect(broker.rules!.list()).toHaveLength(3);
  });

  it('A1, SEC-15: is made once, of a file, with rules that can be seen and removed', async () => {
    const { broker, settings } = await setUp();
    expect(await makeFirstAdministrator(settings, broker)).toBe('ada');
    expect(broker.users!.list()).toEqual(['ada']);
    expect(broker.rules!.list().map(({ principal, resourceType }) => `${principal} ${resourceType}`)).toHaveLength(4);
    expect(await makeFirstAdministrator({ ...settings, firstAdmin: 'eve' }, broker)).toBeNull();
    expect(readFileSync(settings.firstAdminPasswordFile, 'utf8')).toBe('right\n');
  });
});

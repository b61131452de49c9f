import { describe, expect, it } from 'vitest';
import { ownDefinitions } from '@q/broker';
import { resolveSettings } from '../src/resolve-settings.ts';
import type { ResolvedSettings } from '../src/resolve-settings.ts';
import type { Settings } from '../src/settings.ts';

interface Given {
  argv?: string[];
  env?: Record<string, string>;
  file?: string;
}

function resolve({ argv = [], env = {}, file }: Given): Promise<ResolvedSettings> {
  return resolveSettings({
    argv: file === undefined ? argv : [...argv, '--config', 'q.yaml'],
    env,
    readFile: (path) =>
      file === undefined || path !== 'q.yaml'
        ? Promise.reject(Object.assign(new Error('no'), { code: 'ENOENT' }))
        : Promise.resolve(file),
    entries: () => Promise.resolve(new Map(ownDefinitions().map((definition) => [definition.name, definition]))),
  });
}

async function settingsOf(given: Given): Promise<Settings> {
  const resolved = await resolve(given);
  if (resolved.kind !== 'settings') throw new Error(JSON.stringify(resolved));
  return resolved.settings;
}

async function problemsOf(given: Given): Promise<readonly string[]> {
  const resolved = await resolve(given);
  return resolved.kind === 'refused' ? resolved.problems : [];
}

describe('settings from flags, environment and file', () => {
  it('Q3 has a default for everything', async () => {
    expect(await settingsOf({})).toMatchObject({
      host: '127.0.0.1',
      port: 7420,
      adminPort: 7421,
      kafkaHost: '127.0.0.1',
      kafkaPort: 9092,
      kafkaAdvertised: null,
      dataDir: './data',
      storage: 'file',
      durability: 'fsync',
      storageMaxBytes: null,
      topicDefaults: {},
    });
  });

  it('Q3 takes a flag before the environment, that before the file, that before the default', async () => {
    const file = 'port: 1\nadminPort: 2\ndataDir: /file\n';
    const env = { Q_PORT: '3', Q_ADMIN_PORT: '4' };
    const settings = await settingsOf({ argv: ['--port', '5'], env, file });
    expect(settings).toMatchObject({ port: 5, adminPort: 4, dataDir: '/file', host: '127.0.0.1' });
  });

  it('Q3 says where each value came from', async () => {
    const resolved = await resolve({ argv: ['--port=5'], env: { Q_HOST: '::' }, file: '\ndata-dir: /d\n' });
    expect(resolved).toMatchObject({
      file: 'q.yaml',
      given: [
        { name: 'dataDir', text: '/d', source: 'file', from: 'data-dir in q.yaml, line 2' },
        { name: 'host', text: '::', source: 'environment', from: 'Q_HOST' },
        { name: 'port', text: '5', source: 'flag', from: '--port' },
      ],
    });
  });

  it('B1 takes --no-kafka for the door that is off, which a later flag may open again', async () => {
    expect(await settingsOf({ argv: ['--no-kafka'] })).toMatchObject({ kafkaPort: null });
    expect(await settingsOf({ argv: ['--no-kafka'], env: { Q_KAFKA_PORT: '1' } })).toMatchObject({ kafkaPort: null });
    expect(await settingsOf({ argv: ['--no-kafka', '--kafka-port', '2'] })).toMatchObject({ kafkaPort: 2 });
    expect(await settingsOf({ file: 'kafka:\n  port: off\n  advertised: k:9\n' })).toMatchObject({
      kafkaPort: null,
      kafkaAdvertised: { host: 'k', port: 9 },
    });
    expect(await problemsOf({ argv: ['--no-kafka=yes'] })).toEqual(['--no-kafka takes no value, and has "yes"']);
    expect(await problemsOf({ argv: ['--no-kafak'] })).toEqual([
      '--no-kafak is not a flag of q-broker; did you mean --no-kafka?',
    ]);
  });

  it('Q3 merges topic defaults of all sources, name by name', async () => {
    const settings = await settingsOf({
      argv: ['--topic-default', 'retention.ms=1', '--topic-default', 'segment.ms=2'],
      env: { Q_TOPIC_DEFAULTS: 'retention.ms=3;retention.bytes=4' },
      file: 'topicDefaults:\n  retention.bytes: 5\n  cleanup.policy: compact,delete\n  segment:\n    bytes: 1MB\n',
    });
    expect(settings.topicDefaults).toEqual({
      'retention.ms': '1',
      'segment.ms': '2',
      'retention.bytes': '4',
      'cleanup.policy': 'compact,delete',
      'segment.bytes': '1000000',
    });
  });

  it('Q3 reads limits as numbers, from every source', async () => {
    const settings = await settingsOf({
      argv: ['--limit', 'topicsMax=1'],
      env: { Q_LIMITS: 'groupsMax=2;partitionsMax=3' },
      file: 'limits:\n  partitionsMax: 4\n  turnMsMax: 05',
    });
    expect(settings.limits).toEqual({ topicsMax: 1, groupsMax: 2, partitionsMax: 3, turnMsMax: 5 });
  });

  it('Q3 names each wrong limit and topic default with its own line, what is allowed, and all of them at once', async () => {
    const file = 'limits:\n  turnMsMax: many\n  groupMax: 4\ntopicDefaults:\n  retention.ms: soon\n  no.such: 1\n';
    expect(await problemsOf({ file, env: { Q_LIMITS: 'topicsMax' }, argv: ['--limit', 'topicsMax=0'] })).toEqual([
      'Q_LIMITS: "topicsMax" is not allowed for limits; allowed: name=number with a whole number, several separated by ";"',
      'limits.turnMsMax in q.yaml, line 2: "many" is not allowed for limits.turnMsMax; allowed: a whole number of at least 1',
      'limits.groupMax in q.yaml, line 3: there is no limits.groupMax; did you mean limits.groupsMax?',
      expect.stringMatching(
        /^topicDefaults\.retention\.ms in q\.yaml, line 5: "soon" is not allowed .* allowed: a whole/,
      ),
      expect.stringMatching(
        /^topicDefaults\.no\.such in q\.yaml, line 6: there is no .*; there are: cleanup\.policy, /,
      ),
      '--limit: "0" is not allowed for limits.topicsMax; allowed: a whole number of at least 1',
    ]);
  });

  it('Q3 finds the file through Q_CONFIG, and through --config first', async () => {
    expect(await problemsOf({ env: { Q_CONFIG: 'gone.yaml' } })).toEqual([
      'Q_CONFIG "gone.yaml" cannot be read: there is no such file',
    ]);
    expect(await settingsOf({ env: { Q_CONFIG: 'gone.yaml' }, file: 'port: 9' })).toMatchObject({ port: 9 });
  });

  it('Q3 takes --auto-create-topics alone for true, and the word behind it where that is one', async () => {
    const created = async (...argv: string[]): Promise<boolean> => (await settingsOf({ argv })).autoCreateTopics;
    expect(await created('--auto-create-topics')).toBe(true);
    expect(await created('--auto-create-topics', '--port', '1')).toBe(true);
    expect(await created('--auto-create-topics', 'true')).toBe(true);
    expect(await created('--auto-create-topics', 'false')).toBe(false);
    expect(await created('--auto-create-topics=false')).toBe(false);
    expect(await problemsOf({ argv: ['--auto-create-topics', 'yes'] })).toEqual([
      '"yes" is not expected here: q-broker takes flags only',
    ]);
    expect(await problemsOf({ argv: ['--auto-create-topics=yes'] })).toEqual([
      '--auto-create-topics: "yes" is not allowed for autoCreateTopics; allowed: true or false',
    ]);
  });

  it('Q3 knows what is to be done with the settings', async () => {
    expect(await resolve({})).toMatchObject({ check: false, print: null });
    expect(await resolve({ argv: ['--check-config'] })).toMatchObject({ check: true, print: null });
    expect(await resolve({ argv: ['--print-config', '--port', '1'] })).toMatchObject({ print: 'text' });
    expect(await resolve({ argv: ['--print-config=json'] })).toMatchObject({ print: 'json' });
    expect(await problemsOf({ argv: ['--print-config=xml', '--check-config=1'] })).toEqual([
      '--print-config="xml" is not allowed; allowed: text, json',
      '--check-config takes no value, and has "1"',
    ]);
  });

  it('answers help and version even beside mistakes', async () => {
    expect(await resolve({ argv: ['--prot', '--help'] })).toEqual({ kind: 'help' });
    expect(await resolve({ argv: ['-V'] })).toEqual({ kind: 'version' });
  });
});

describe('flags that are refused', () => {
  it('Q3 refuses an unknown flag once, with what was probably meant', async () => {
    expect(await problemsOf({ argv: ['--prot', '7420'] })).toEqual([
      '--prot is not a flag of q-broker; did you mean --port?',
    ]);
    expect(await problemsOf({ argv: ['--prot=7420'] })).toEqual([
      '--prot is not a flag of q-broker; did you mean --port?',
    ]);
  });

  it('Q3 refuses words that are not flags, and flags without a value', async () => {
    expect(await problemsOf({ argv: ['start'] })).toEqual(['"start" is not expected here: q-broker takes flags only']);
    expect(await problemsOf({ argv: ['--durability'] })).toEqual([
      '--durability needs a value; allowed: one of fsync, interval, os',
    ]);
    expect(await problemsOf({ argv: ['--config'] })).toEqual(['--config needs a value: the path of a YAML file']);
  });

  it('Q3 names the setting, the source, the value and what is allowed', async () => {
    expect(
      await problemsOf({ argv: ['--port', '-1'], env: { Q_STORAGE: 'disk' }, file: 'durability: always' }),
    ).toEqual([
      'durability in q.yaml, line 1: "always" is not allowed for durability; allowed: one of fsync, interval, os',
      'Q_STORAGE: "disk" is not allowed for storage; allowed: one of file, memory',
      '--port: "-1" is not allowed for port; allowed: a port from 0 to 65535 (0 lets the system choose)',
    ]);
  });

  it('Q3 refuses a wrong value even where a stronger source overrides it', async () => {
    expect(await problemsOf({ argv: ['--port', '1'], env: { Q_PORT: 'x' } })).toHaveLength(1);
  });
});

describe('variables', () => {
  it('Q3 refuses an unknown Q_ variable, with what was probably meant', async () => {
    expect(await problemsOf({ env: { Q_PROT: '1' } })).toEqual([
      'Q_PROT="1" is not a variable of q-broker; did you mean Q_PORT?',
    ]);
    expect(await problemsOf({ env: { Q_SOMETHING_ELSE: '1' } })).toEqual([
      'Q_SOMETHING_ELSE="1" is not a variable of q-broker; unset it, or see q-broker --help',
    ]);
  });

  it('Q3 shows nobody a secret that is not allowed', async () => {
    const [problem] = await problemsOf({ env: { Q_ALERT_WEBHOOK_SECRET: 'hunter two' } });
    expect(problem).toMatch(/^Q_ALERT_WEBHOOK_SECRET: its value is not allowed for alertWebhookSecret; allowed: /);
    expect(problem).not.toContain('hunter two');
  });

  it('Q3 shows nobody the value of an unknown variable that may be a secret', async () => {
    expect(await problemsOf({ env: { Q_ADMIN_PASSWROD: 'hunter2', Q_TOKN_SECRET: 'hunter2' } })).toEqual([
      'Q_ADMIN_PASSWROD is not a variable of q-broker; unset it, or see q-broker --help',
      'Q_TOKN_SECRET is not a variable of q-broker; unset it, or see q-broker --help',
    ]);
  });

  it('Q3 leaves alone what belongs to the command line or to somebody else', async () => {
    expect(
      await settingsOf({ env: { Q_URL: 'q://elsewhere', Q_TIMEOUT: '5s', QUIET: '1', PATH: '/bin' } }),
    ).toMatchObject({ port: 7420 });
  });

  it('Q3 leaves alone the service links of Kubernetes, for a service called q too', async () => {
    const env = {
      Q_PORT: 'tcp://10.0.0.1:7420',
      Q_SERVICE_HOST: '10.0.0.1',
      Q_SERVICE_PORT: '7420',
      Q_SERVICE_PORT_NATIVE: '7420',
      Q_PORT_7420_TCP: 'tcp://10.0.0.1:7420',
      Q_PORT_7420_TCP_ADDR: '10.0.0.1',
      Q_BROKER_PORT: 'tcp://10.0.0.2:1',
    };
    expect(await settingsOf({ env })).toMatchObject({ port: 7420 });
  });
});

describe('the file', () => {
  it.each([
    'storageMaxBytes: 1KiB',
    'storage.maxBytes: 1KiB',
    'storage-max-bytes: 1KiB',
    'storage:\n  maxBytes: 1KiB',
    'STORAGE_MAX_BYTES: 1024',
  ])('Q3 reads %j as storageMaxBytes', async (file) => {
    expect(await settingsOf({ file })).toMatchObject({ storageMaxBytes: 1024 });
  });

  it('Q3 refuses unknown keys with their line, and values without a text', async () => {
    expect(await problemsOf({ file: 'port: 1\nadmin:\n  prot: 2\n' })).toEqual([
      'admin.prot in q.yaml, line 3, is not a setting of q-broker; did you mean adminPort?',
    ]);
    expect(await problemsOf({ file: 'transactionHoldsMs: 5000\n' })).toEqual([
      'transactionHoldsMs in q.yaml, line 1, is not a setting of q-broker; it goes below alerts, as alerts: { transactionHoldsMs: … }',
    ]);
    expect(await problemsOf({ file: 'port: [1, 2]' })).toEqual([
      'port in q.yaml, line 1, has no single value; allowed: a port from 0 to 65535 (0 lets the system choose)',
    ]);
    expect(await problemsOf({ file: 'port:\n' })).toHaveLength(1);
  });

  it('Q3 refuses a setting said twice, a file that is no map, and one that is not YAML', async () => {
    expect(await problemsOf({ file: 'dataDir: a\ndata-dir: b' })).toEqual([
      'data-dir in q.yaml, line 2, says dataDir a second time',
    ]);
    expect(await problemsOf({ file: '- port' })).toEqual([
      'q.yaml: a map of settings is expected, such as "port: 7420"',
    ]);
    expect((await problemsOf({ file: 'port: "1' }))[0]).toMatch(/^q\.yaml, line 1: not YAML: /);
    expect(await settingsOf({ file: '# nothing set\n' })).toMatchObject({ port: 7420 });
  });

  it('Q3 judges numbers by our types, not by those of YAML', async () => {
    expect(await problemsOf({ file: 'port: 0x1F' })).toHaveLength(1);
    expect(await problemsOf({ file: 'port: 7e3' })).toHaveLength(1);
    expect(await problemsOf({ file: 'topicDefaults: 7' })).toHaveLength(1);
    expect(await problemsOf({ file: 'host: { a: b }' })).toHaveLength(1);
  });
});

import { DescribeTopic } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { defaultLimits, startBroker } from '../src/index.ts';
import type { Broker, BrokerLogger, GivenValue, ProgramSettings, ReadValues, SettingDefinition } from '../src/index.ts';
import { batchOf, errorOf, testBroker, testClient, testDirectory } from './harness.ts';

type Line = { readonly level: string; readonly event?: string } & Readonly<Record<string, unknown>>;

/** A logger that keeps what it is told. */
function keptLog(): { logger: BrokerLogger; lines: Line[]; told: (event: string) => Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (fields: object) => void lines.push({ level, ...fields });
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { logger, lines, told: (event) => lines.filter((line) => line.event === event) };
}

const own: SettingDefinition = {
  name: 'logLevel',
  type: 'word',
  default: 'info',
  allowed: 'one of info, debug',
  doc: 'How much is said.',
  isReloadable: true,
  isSecret: false,
  normalize: (text) => ['info', 'debug'].find((level) => level === text),
};
const fixed: SettingDefinition = { ...own, name: 'place', default: 'here', isReloadable: false, normalize: String };
const secret: SettingDefinition = { ...own, name: 'token', default: '', isSecret: true, normalize: String };

/** A program around a broker whose sources say what a test wants. */
function fakeProgram(given: readonly GivenValue[] = []): ProgramSettings & { now: ReadValues; applied: string[] } {
  const program = {
    definitions: [own, fixed, secret],
    given,
    file: 'q.yaml',
    now: { given } as ReadValues,
    applied: [] as string[],
    read: () => Promise.resolve(program.now),
    apply: (valueOf: (name: string) => string | undefined) => void program.applied.push(valueOf('logLevel') ?? ''),
  };
  return program;
}

function inFile(name: string, text: string): GivenValue {
  return { name, text, source: 'file', from: `${name} in q.yaml, line 1` };
}

function valueIn(broker: Broker, name: string): string {
  const { value, source } = broker.settings.describe(name);
  return `${value} from ${source}`;
}

const set = (name: string, value: string) => ({ set: [{ name, value }], unset: [], by: 'a test' });
const unset = (name: string) => ({ set: [], unset: [name], by: 'a test' });

describe('settings of the broker that are changed while it runs', () => {
  it('O3 a limit holds from the change on, for connections that are open already', async () => {
    const broker = await testBroker();
    const client = await testClient(broker);
    await client.createTopic('a');
    const outcome = await broker.settings.change(set('limits.topicsMax', '3'));
    expect(outcome.changed).toEqual([{ name: 'limits.topicsMax', before: '10000', after: '3' }]);
    await client.createTopic('b');
    expect(await errorOf(client.createTopic('c'))).toMatchObject({ code: 'TOPIC_LIMIT' });
    await broker.settings.change(unset('limits.topicsMax'));
    await client.createTopic('c');
    expect(valueIn(broker, 'limits.topicsMax')).toBe(`${defaultLimits.topicsMax} from default`);
  });

  it('O3 settings of topics reach topics that are there and set nothing themselves, and no others', async () => {
    const broker = await testBroker({ topicDefaults: { 'segment.ms': '5000' } });
    const client = await testClient(broker);
    await client.createTopic('a');
    await client.createTopic('b', { configs: { 'retention.ms': '9' } });
    await broker.settings.change({
      set: [
        { name: 'topicDefaults.retention.ms', value: '1h' },
        { name: 'durability', value: 'os' },
      ],
      unset: [],
      by: 'a test',
    });
    const told = async (topic: string, key: string): Promise<string | undefined> =>
      (await client.request(DescribeTopic, { name: topic })).configs.find((config) => config.key === key)?.value;
    expect([await told('a', 'retention.ms'), await told('a', 'durability'), await told('a', 'segment.ms')]).toEqual([
      '3600000',
      'os',
      '5000',
    ]);
    expect(await told('b', 'retention.ms')).toBe('9');
    expect(valueIn(broker, 'topicDefaults.segment.ms')).toBe('5000 from option');
  });

  it('O3 topics are made by being asked for from the change on', async () => {
    const broker = await testBroker();
    const client = await testClient(broker);
    expect((await client.topic('a')).errorCode).not.toBe(0);
    await broker.settings.change(set('autoCreateTopics', 'true'));
    expect((await client.topic('a')).errorCode).toBe(0);
  });

  it('O3 a change outlives the broker, and is stronger than what the next one is told', async () => {
    const dataDir = await testDirectory();
    {
      const broker = await startBroker({ dataDir, port: 0, admin: false });
      await broker.settings.change(set('limits.topicsMax', '3'));
      await broker.settings.change(set('storageMaxBytes', '1GiB'));
      await broker.close();
    }
    await using again = await startBroker({ dataDir, port: 0, admin: false, limits: { topicsMax: 7 } });
    expect(again.settings.describe('limits.topicsMax')).toMatchObject({
      value: '3',
      source: 'api',
      values: [
        { value: '3', source: 'api' },
        { value: '7', source: 'option' },
        { value: '10000', source: 'default' },
      ],
    });
    expect(valueIn(again, 'storageMaxBytes')).toBe('1073741824 from api');
    await again.settings.change(unset('limits.topicsMax'));
    expect(valueIn(again, 'limits.topicsMax')).toBe('7 from option');
  });

  it('O3 what was stored and does not fit any more is left out and said, and keeps no broker from starting', async () => {
    const dataDir = await testDirectory();
    {
      const broker = await startBroker({ dataDir, port: 0, admin: false });
      await broker.settings.change(set('limits.partitionsPerTopicMax', '15000'));
      await broker.settings.change(set('limits.groupsMax', '5'));
      await broker.close();
    }
    const { logger, told } = keptLog();
    await using again = await startBroker({
      dataDir,
      port: 0,
      admin: false,
      logger,
      limits: { partitionsMax: 12_000 },
    });
    expect(valueIn(again, 'limits.groupsMax')).toBe('5 from api');
    expect(valueIn(again, 'limits.partitionsPerTopicMax')).toBe('10000 from default');
    expect(told('settings.stored_ignored')).toMatchObject([
      { level: 'error', problems: [expect.stringMatching(/^limits\.partitionsPerTopicMax: .*partitionsMax/)] },
    ]);
  });

  it('O3 a change is made as a whole or not at all, and all that is wrong with it is told at once', async () => {
    const broker = await testBroker();
    const error = await errorOf(
      broker.settings.change({
        set: [
          { name: 'limits.groupsMax', value: '5' },
          { name: 'limits.topicsMax', value: 'many' },
          { name: 'limits.frameBytesMax', value: '1' },
          { name: 'no.such', value: '1' },
        ],
        unset: ['neither'],
        by: 'a test',
      }),
    );
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toContain('"many" is not allowed for limits.topicsMax; allowed: a whole number');
    expect(error.message).toContain('limits.frameBytesMax; it cannot change while the broker runs');
    expect(error.message).toContain('there is no setting "no.such"');
    expect(error.message).toContain('there is no setting "neither"');
    expect(valueIn(broker, 'limits.groupsMax')).toBe('10000 from default');
  });

  it('O3 a change has a bound, and so has what is told of it', async () => {
    const broker = await testBroker();
    const many = (count: number) => ({
      set: Array.from({ length: count }, (_, index) => ({ name: `no.${index}`, value: 'x'.repeat(100_000) })),
      unset: [],
      by: 'a test',
    });
    expect((await errorOf(broker.settings.change(many(501)))).message).toBe(
      'a change names at most 500 settings, not 501',
    );
    const long = set('limits.topicsMax', '9'.repeat(1_000_000));
    expect((await errorOf(broker.settings.change(long))).message.length).toBeLessThan(400);
    const name = set('n'.repeat(1_000_000), '1');
    expect((await errorOf(broker.settings.change(name))).message.length).toBeLessThan(400);
  });

  it('O3 what contradicts the rest is refused', async () => {
    const broker = await testBroker();
    const error = await errorOf(broker.settings.change(set('limits.connectionsMax', '10')));
    expect(error.message).toMatch(/connectionsMax must be at least connectionsPerAddressMax/);
    expect(valueIn(broker, 'limits.connectionsMax')).toMatch(/ from default$/);
    const tooLarge = set('topicDefaults.max.message.bytes', '64MiB');
    expect((await errorOf(broker.settings.change(tooLarge))).message).toContain('frameBytesMax');
  });

  it('O3 no limit falls below what there is, which is served', async () => {
    const broker = await testBroker();
    const client = await testClient(broker);
    await client.createTopic('a', { partitions: 5 });
    const together = (partitions: string) => ({
      set: ['partitionsMax', 'partitionsPerTopicMax'].map((name) => ({ name: `limits.${name}`, value: partitions })),
      unset: [],
      by: 'a test',
    });
    const error = await errorOf(broker.settings.change(together('5')));
    expect(error.message).toContain(
      'limits.partitionsMax = 5 is not allowed: at least 6: so many partitions there are',
    );
    await broker.settings.change(together('6'));
    expect((await errorOf(broker.settings.change(set('limits.topicsMax', '1')))).message).toContain('at least 2');
  });

  it('O3 a trial checks everything and changes nothing', async () => {
    const { logger, told } = keptLog();
    const broker = await testBroker({ logger });
    const trial = { ...set('limits.topicsMax', '3'), validateOnly: true };
    expect(await broker.settings.change(trial)).toMatchObject({ changed: [{ name: 'limits.topicsMax', after: '3' }] });
    expect(valueIn(broker, 'limits.topicsMax')).toBe('10000 from default');
    expect(told('settings.changed')).toEqual([]);
    await errorOf(broker.settings.change({ ...set('limits.topicsMax', '-1'), validateOnly: true }));
  });

  it('O3 a change stands in the log with who made it; a secret is told to nobody', async () => {
    const { logger, lines, told } = keptLog();
    const program = fakeProgram();
    const broker = await testBroker({ logger, settings: program });
    await broker.settings.change(set('token', 'open sesame'));
    expect(told('settings.changed')).toMatchObject([{ level: 'info', by: 'a test', changed: ['token:  -> ********'] }]);
    expect(broker.settings.describe('token')).toMatchObject({ value: '********', values: [{ value: '********' }, {}] });
    expect(broker.settings.valueOf('token')).toBe('open sesame');
    const error = await errorOf(broker.settings.change(set('place', 'open sesame')));
    expect(error.message).toContain('"open sesame" is not allowed for place');
    expect(JSON.stringify([lines, broker.settings.list()])).not.toContain('open sesame');
  });

  it('O3 the cap on all bytes moves while records are written', async () => {
    const broker = await testBroker();
    const client = await testClient(broker);
    const { topicId } = await client.createTopic('a');
    const produced = async (): Promise<boolean> => (await client.produce(topicId, batchOf('one'))).errorCode === 0;
    expect(await produced()).toBe(true);
    await broker.settings.change(set('topicDefaults.segment.ms', '5000'));
    await broker.settings.change(set('storageMaxBytes', '10'));
    expect(await produced()).toBe(false);
    // The broker's own topics are written above the cap, whatever other topics are told.
    await client.createTopic('b');
    await broker.settings.change(unset('storageMaxBytes'));
    expect(await produced()).toBe(true);
  });
});

describe('settings that are read again', () => {
  it('O3 puts in force what can be, and names what needs a restart', async () => {
    const { logger, told } = keptLog();
    const program = fakeProgram([inFile('place', 'there')]);
    const broker = await testBroker({ logger, settings: program });
    program.now = {
      given: [inFile('place', 'elsewhere'), inFile('logLevel', 'debug'), inFile('limits.groupsMax', '4')],
    };
    expect(await broker.settings.reload('a test')).toMatchObject({
      by: 'a test',
      problems: [],
      changed: [{ name: 'logLevel', before: 'info', after: 'debug' }, { name: 'limits.groupsMax' }],
      needsRestart: ['place'],
    });
    expect(program.applied.at(-1)).toBe('debug');
    expect(broker.settings.describe('place')).toMatchObject({ value: 'there', afterRestart: 'elsewhere' });
    expect(told('settings.reloaded')).toMatchObject([{ level: 'info', needsRestart: ['place'] }]);
    program.now = { given: [inFile('place', 'there')] };
    expect(await broker.settings.reload('a test')).toMatchObject({ needsRestart: [], changed: { length: 2 } });
    expect(valueIn(broker, 'logLevel')).toBe('info from default');
  });

  it('O3 bad sources change nothing, and are said in the log and in the outcome', async () => {
    const { logger, told } = keptLog();
    const program = fakeProgram([inFile('logLevel', 'debug')]);
    const broker = await testBroker({ logger, settings: program });
    const { revision } = broker.settings;
    program.now = { problems: ['q.yaml, line 3: not YAML'] };
    expect(await broker.settings.reload('SIGHUP')).toMatchObject({ problems: ['q.yaml, line 3: not YAML'] });
    program.now = { given: [inFile('limits.connectionsMax', '10')] };
    const contradicting = await broker.settings.reload('SIGHUP');
    expect(contradicting.problems).toEqual([expect.stringContaining('connectionsPerAddressMax')]);
    expect(broker.settings.lastReload).toEqual(contradicting);
    expect(told('settings.reload_failed')).toMatchObject([{ level: 'error', by: 'SIGHUP' }, { level: 'error' }]);
    expect([broker.settings.revision, valueIn(broker, 'logLevel')]).toEqual([revision, 'debug from file']);
  });

  it('O3 what was changed through an API stays stronger than the file', async () => {
    const program = fakeProgram();
    const broker = await testBroker({ settings: program });
    await broker.settings.change(set('logLevel', 'debug'));
    program.now = { given: [inFile('logLevel', 'info')] };
    expect(await broker.settings.reload('a test')).toMatchObject({ changed: [] });
    expect(valueIn(broker, 'logLevel')).toBe('debug from api');
    await broker.settings.change(unset('logLevel'));
    expect(valueIn(broker, 'logLevel')).toBe('info from file');
  });

  it('O3 a limit that only a restart changes stands as it was, with the others that would contradict it', async () => {
    const program = fakeProgram();
    const broker = await testBroker({ settings: program });
    program.now = { given: [inFile('limits.frameBytesMax', '20000000')] };
    expect(await broker.settings.reload('a test')).toMatchObject({
      problems: [],
      needsRestart: ['limits.frameBytesMax'],
    });
    program.now = {
      given: [
        inFile('limits.frameBytesMax', '8000000'),
        inFile('limits.fetchBytesMax', '7000000'),
        inFile('limits.connectionBytesMax', '17000000'),
      ],
    };
    const { problems } = await broker.settings.reload('a test');
    expect(problems).toEqual([expect.stringMatching(/connectionBytesMax must be .* start the broker again/)]);
  });

  it('O3 tells whoever follows', async () => {
    const program = fakeProgram();
    const broker = await testBroker({ settings: program });
    const seen: (string | undefined)[] = [];
    const stop = broker.settings.onChange(() => seen.push(broker.settings.valueOf('logLevel')));
    await broker.settings.change(set('logLevel', 'debug'));
    stop();
    await broker.settings.change(unset('logLevel'));
    expect(seen).toEqual(['debug']);
  });
});

import { defaultLimits } from '@q/broker';
import { describe, expect, it } from 'vitest';
import { describeConfigs } from '../../src/messages/describe-configs.ts';
import { createTopic, describe as ask, openClient, topicConfigs } from './admin-client.ts';

const topic = (resourceName: string) => ({ resourceType: 2, resourceName });
const broker = (resourceName: string) => ({ resourceType: 4, resourceName });

describe('DescribeConfigs', () => {
  it('B1 describes a topic in every version', async () => {
    const client = await openClient();
    await createTopic(client, 'orders', { configs: { 'retention.ms': '3600000' } });
    for (let version = 1; version <= 4; version += 1) {
      const { configs, ...resource } = await ask(client, topic('orders'), { version });
      expect(resource).toEqual({ errorCode: 0, errorMessage: null, ...topic('orders') });
      const retention = configs.find(({ name }) => name === 'retention.ms');
      expect(retention).toEqual({
        name: 'retention.ms',
        value: '3600000',
        readOnly: false,
        configSource: 1,
        isSensitive: false,
        synonyms: [],
        configType: version >= 3 ? 5 : 0,
        documentation: null,
      });
    }
  });

  it('B1 tells what would be in force without the topic, and without what the broker was told', async () => {
    const client = await openClient({ topicDefaults: { 'retention.ms': '1000', 'segment.bytes': '2000000' } });
    await createTopic(client, 'orders', { configs: { 'retention.ms': '5', 'cleanup.policy': 'compact' } });
    const configs = await topicConfigs(client);
    expect(configs.get('retention.ms')?.synonyms).toEqual([
      { name: 'retention.ms', value: '5', source: 1 },
      { name: 'log.retention.ms', value: '1000', source: 4 },
      { name: 'log.retention.ms', value: '604800000', source: 5 },
    ]);
    expect(configs.get('cleanup.policy')?.synonyms).toEqual([
      { name: 'cleanup.policy', value: 'compact', source: 1 },
      { name: 'log.cleanup.policy', value: 'delete', source: 5 },
    ]);
    expect(configs.get('segment.bytes')).toMatchObject({ value: '2000000', configSource: 4 });
    expect(configs.get('segment.jitter.ms')).toMatchObject({ value: '0', configSource: 5, synonyms: [] });
  });

  it('B1 gives the settings that are asked for, all of them for no keys, and documents them where that is wanted', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    const some = { ...topic('orders'), configurationKeys: ['segment.bytes', 'no.such', 'retention.ms'] };
    const asked = await ask(client, some, { includeDocumentation: true });
    expect(asked.configs.map(({ name }) => name)).toEqual(['retention.ms', 'segment.bytes']);
    for (const { documentation } of asked.configs) expect(documentation).toMatch(/\.$/);
    const all = await ask(client, { ...topic('orders'), configurationKeys: [] });
    expect(all.configs.length).toBeGreaterThan(37);
    for (const { documentation } of all.configs) expect(documentation).toBeNull();
  });

  it('B1 shows settings that cannot be changed here as read-only, with the value that is true here', async () => {
    const client = await openClient({ limits: { timestampAheadMsMax: 7000 } });
    await createTopic(client, 'orders');
    const configs = await topicConfigs(client);
    expect(configs.get('min.insync.replicas')).toMatchObject({ value: '1', readOnly: true, configType: 3 });
    expect(configs.get('unclean.leader.election.enable')).toMatchObject({
      value: 'false',
      readOnly: true,
      configType: 1,
    });
    expect(configs.get('message.timestamp.after.max.ms')).toMatchObject({ value: '7000', readOnly: true });
    expect(configs.get('cleanup.policy')).toMatchObject({ readOnly: false, configType: 7 });
    expect(configs.get('durability')).toMatchObject({ value: 'fsync', readOnly: false, configType: 2 });
  });

  it('B1 describes the broker by what is so', async () => {
    const client = await openClient({
      brokerId: 5,
      autoCreateTopics: true,
      topicDefaults: { 'retention.ms': '9000' },
      limits: { partitionsDefault: 6, groupInitialDelayMs: 0 },
      kafka: { advertised: { host: 'kafka.example', port: 19092 } },
    });
    const { errorCode, configs } = await ask(client, broker('5'), { includeSynonyms: true });
    expect(errorCode).toBe(0);
    const names = configs.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
    const fixed = new Map(configs.map((config) => [config.name, config.readOnly]));
    for (const name of [
      'broker.id',
      'listeners',
      'log.cleaner.enable',
      'socket.request.max.bytes',
      'min.insync.replicas',
    ])
      expect([name, fixed.get(name)]).toEqual([name, true]);
    for (const name of ['max.connections', 'num.partitions', 'log.retention.ms', 'auto.create.topics.enable'])
      expect([name, fixed.get(name)]).toEqual([name, false]);
    const told = new Map(configs.map((config) => [config.name, `${config.value} from ${config.configSource}`]));
    expect(told.get('broker.id')).toBe('5 from 4');
    expect(told.get('auto.create.topics.enable')).toBe('true from 4');
    expect(told.get('num.partitions')).toBe('6 from 4');
    expect(told.get('log.retention.ms')).toBe('9000 from 4');
    expect(told.get('log.segment.bytes')).toBe('1073741824 from 5');
    expect(told.get('min.insync.replicas')).toBe('1 from 5');
    expect(told.get('default.replication.factor')).toBe('1 from 5');
    expect(told.get('group.min.session.timeout.ms')).toBe('6000 from 5');
    expect(told.get('group.initial.rebalance.delay.ms')).toBe('0 from 4');
    expect(told.get('offset.metadata.max.bytes')).toBe('4096 from 5');
    expect(told.has('log.dirs')).toBe(false);
    expect(told.get('offsets.retention.minutes')).toBe('10080 from 5');
    expect(told.get('socket.request.max.bytes')).toBe(`${defaultLimits.frameBytesMax} from 5`);
    expect(told.get('advertised.listeners')).toBe('PLAINTEXT://kafka.example:19092 from 4');
    expect(told.get('listeners')).toBe(`PLAINTEXT://127.0.0.1:${client.socket.remotePort} from 4`);
  });

  it('B1 says what is wrong with a resource, and describes the others', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    const cases: readonly [number, string, number][] = [
      [2, 'none', 3],
      [2, 'a b', 17],
      [2, '', 17],
      [4, '', 0],
      [4, '7', 42],
      [4, 'x', 42],
      [8, '1', 0],
      [8, '', 42],
      [8, '7', 42],
      [16, 'metrics', 0],
      [16, '', 42],
      [32, 'group', 0],
      [32, '', 42],
      [0, 'x', 42],
      [99, 'x', 42],
      [2, 'orders', 0],
    ];
    const resources = cases.map(([resourceType, resourceName]) => ({ resourceType, resourceName }));
    const again = { resourceType: 2, resourceName: 'orders' };
    const { results } = await client.ask(describeConfigs, 4, { resources: [...resources, again] });
    expect(results.map(({ resourceType, resourceName, errorCode }) => [resourceType, resourceName, errorCode])).toEqual(
      cases,
    );
    for (const { errorCode, errorMessage } of results) expect(errorMessage === null).toBe(errorCode === 0);
    expect(results.at(-1)!.configs.length).toBeGreaterThan(0);
  });

  it('B1 makes no topic', async () => {
    const client = await openClient({ autoCreateTopics: true });
    expect(await ask(client, topic('orders'))).toMatchObject({ errorCode: 3 });
    expect(await ask(client, topic('orders'))).toMatchObject({ errorCode: 3 });
  });
});

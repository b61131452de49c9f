import { describe, expect, it } from 'vitest';
import { alterConfigs } from '../../src/messages/alter-configs.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { createTopic, inForce, openClient } from './admin-client.ts';

interface Change {
  readonly resourceType?: number;
  readonly resourceName?: string;
  readonly validateOnly?: boolean;
  readonly version?: number;
}

/** The error's number and message. */
async function alter(
  client: RawClient,
  configs: readonly (readonly [string, string | null])[],
  { resourceType = 2, resourceName = 'orders', validateOnly = false, version = 2 }: Change = {},
): Promise<string> {
  const { responses } = await client.ask(alterConfigs, version, {
    resources: [{ resourceType, resourceName, configs: configs.map(([name, value]) => ({ name, value })) }],
    validateOnly,
  });
  expect(responses).toMatchObject([{ resourceType, resourceName }]);
  return `${responses[0]!.errorCode} ${responses[0]!.errorMessage ?? ''}`;
}

describe('AlterConfigs', () => {
  it('B1 replaces all settings in every version: what is not named goes back to its default', async () => {
    const client = await openClient({ topicDefaults: { 'segment.bytes': '3000000' } });
    await createTopic(client, 'orders', { configs: { 'segment.bytes': '2000000', durability: 'os' } });
    for (const version of [0, 1, 2]) {
      expect(await alter(client, [['retention.ms', `${version + 1}`]], { version })).toBe('0 ');
      expect(await inForce(client, 'retention.ms')).toBe(`${version + 1} from 1`);
    }
    expect(await inForce(client, 'segment.bytes')).toBe('3000000 from 4');
    expect(await inForce(client, 'durability')).toBe('fsync from 5');
    expect(await alter(client, [])).toBe('0 ');
    expect(await inForce(client, 'retention.ms')).toBe('604800000 from 5');
  });

  it('B1 only validates where it is asked to', async () => {
    const client = await openClient();
    await createTopic(client, 'orders', { configs: { 'retention.ms': '5' } });
    const validateOnly = true;
    expect(await alter(client, [['segment.bytes', '2000000']], { validateOnly })).toBe('0 ');
    expect(await alter(client, [['segment.bytes', 'much']], { validateOnly })).toMatch(/^40 .*much/);
    expect(await inForce(client, 'retention.ms')).toBe('5 from 1');
  });

  it('B1 takes a setting that has one value here with that value', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    expect(
      await alter(client, [
        ['min.insync.replicas', ' 1'],
        ['preallocate', 'FALSE'],
        ['retention.ms', '7'],
      ]),
    ).toBe('0 ');
    expect(await inForce(client, 'retention.ms')).toBe('7 from 1');
    expect(await alter(client, [['min.insync.replicas', '2']])).toMatch(
      /^40 .*min\.insync\.replicas .* it is 1, not 2/,
    );
    expect(await inForce(client, 'retention.ms')).toBe('7 from 1');
  });

  it('B1 says what is wrong', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    expect(await alter(client, [], { resourceName: 'none' })).toMatch(/^3 .*none/);
    expect(await alter(client, [], { resourceName: 'a b' })).toMatch(/^17 /);
    expect(await alter(client, [], { resourceName: '__groups' })).toMatch(/^42 .*belongs to the broker/);
    expect(await alter(client, [['no.such', '1']])).toMatch(/^40 .*no\.such/);
    expect(await alter(client, [['retention.ms', null]])).toMatch(/^42 .*retention\.ms/);
    expect(
      await alter(client, [
        ['retention.ms', '1'],
        ['retention.ms', '2'],
      ]),
    ).toMatch(/^42 .*more than once/);
    expect(await alter(client, [], { resourceType: 99 })).toMatch(/^42 .*99/);
    for (const resourceType of [8, 16, 32]) expect(await alter(client, [], { resourceType })).toMatch(/^42 \w+/);
  });

  it('B1 changes neither of two that name the same topic, and the others', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    await createTopic(client, 'other');
    const to = (resourceName: string, value: string) => ({
      resourceType: 2,
      resourceName,
      configs: [{ name: 'retention.ms', value }],
    });
    const { responses } = await client.ask(alterConfigs, 2, {
      resources: [to('orders', '1'), to('other', '2'), to('orders', '3')],
    });
    expect(responses.map(({ resourceName, errorCode }) => [resourceName, errorCode])).toEqual([
      ['orders', 42],
      ['other', 0],
      ['orders', 42],
    ]);
    expect(await inForce(client, 'retention.ms')).toBe('604800000 from 5');
  });

  it('B1 O3 lets the broker be told what is so where nothing can be changed, and nothing else', async () => {
    const client = await openClient();
    const broker = { resourceType: 4, resourceName: '1' };
    expect(await alter(client, [['min.insync.replicas', '1']], broker)).toBe('0 ');
    expect(await alter(client, [['min.insync.replicas', '2']], broker)).toMatch(/^40 .*min\.insync.* it is 1, not 2/);
    expect(await alter(client, [['socket.request.max.bytes', '5']], broker)).toMatch(/^40 .*cannot be changed/);
    expect(await alter(client, [['no.such', '4']], broker)).toMatch(/^40 .*no\.such/);
    expect(await alter(client, [['num.partitions', '3']], { ...broker, resourceName: '7' })).toMatch(/^42 /);
    expect(await alter(client, [['num.partitions', '3']], { ...broker, resourceName: '' })).toMatch(/^42 .*broker 1/);
    expect(await alter(client, [['min.insync.replicas', '1']], { ...broker, resourceName: '' })).toBe('0 ');
  });

  it('B1 O3 replaces what was changed of the broker, and leaves alone what is none of Kafka', async () => {
    const { kafkaPort, broker } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const resource = { resourceType: 4, resourceName: '1' };
    await broker.settings.change({ set: [{ name: 'limits.turnMsMax', value: '5' }], unset: [], by: 'a test' });
    expect(await alter(client, [['num.partitions', '3']], resource)).toBe('0 ');
    expect(await alter(client, [['max.connections', '5000']], resource)).toBe('0 ');
    expect(broker.settings.describe('limits.partitionsDefault')).toMatchObject({ source: 'default' });
    expect(broker.settings.describe('limits.connectionsMax')).toMatchObject({ value: '5000', source: 'api' });
    expect(broker.settings.describe('limits.turnMsMax')).toMatchObject({ value: '5', source: 'api' });
  });
});

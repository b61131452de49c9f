import { describe, expect, it } from 'vitest';
import { incrementalAlterConfigs } from '../../src/messages/incremental-alter-configs.ts';
import type { RawClient } from '../harness.ts';
import { createTopic, describe as describeOne, inForce, openClient } from './admin-client.ts';

const [set, unset, append, subtract] = [0, 1, 2, 3];

type Step = readonly [operation: number, name: string, value?: string | null];

/** The error's number and message. */
async function alter(
  client: RawClient,
  steps: readonly Step[],
  { resourceType = 2, resourceName = 'orders', validateOnly = false, version = 1 } = {},
): Promise<string> {
  const configs = steps.map(([configOperation, name, value = null]) => ({ name, configOperation, value }));
  const resources = [{ resourceType, resourceName, configs }];
  const { responses } = await client.ask(incrementalAlterConfigs, version, { resources, validateOnly });
  expect(responses).toMatchObject([{ resourceType, resourceName }]);
  return `${responses[0]!.errorCode} ${responses[0]!.errorMessage ?? ''}`;
}

describe('IncrementalAlterConfigs', () => {
  it('B1 changes what is named in every version, and leaves the rest', async () => {
    const client = await openClient();
    await createTopic(client, 'orders', { configs: { 'segment.bytes': '2000000' } });
    for (const version of [0, 1]) {
      expect(await alter(client, [[set, 'retention.ms', `${version + 1}`]], { version })).toBe('0 ');
      expect(await inForce(client, 'retention.ms')).toBe(`${version + 1} from 1`);
    }
    expect(await inForce(client, 'segment.bytes')).toBe('2000000 from 1');
    expect(await alter(client, [[unset, 'retention.ms', 'whatever']])).toBe('0 ');
    expect(await inForce(client, 'retention.ms')).toBe('604800000 from 5');
  });

  it('B1 appends to a list and takes out of it, from the value in force on', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    expect(await alter(client, [[append, 'cleanup.policy', 'compact']])).toBe('0 ');
    expect(await inForce(client, 'cleanup.policy')).toBe('delete,compact from 1');
    expect(await alter(client, [[append, 'cleanup.policy', ' compact, delete']])).toBe('0 ');
    expect(await inForce(client, 'cleanup.policy')).toBe('delete,compact from 1');
    expect(await alter(client, [[subtract, 'cleanup.policy', 'delete']])).toBe('0 ');
    expect(await inForce(client, 'cleanup.policy')).toBe('compact from 1');
    expect(await alter(client, [[subtract, 'cleanup.policy', 'delete']])).toBe('0 ');
    expect(await alter(client, [[append, 'cleanup.policy', 'bogus']])).toMatch(/^40 .*bogus/);
    expect(await alter(client, [[subtract, 'cleanup.policy', 'compact']])).toMatch(/^40 .*one of/);
    expect(await inForce(client, 'cleanup.policy')).toBe('compact from 1');
  });

  it('B1 appends nothing to what is no list, or what cannot be changed', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    expect(await alter(client, [[append, 'retention.ms', '5']])).toMatch(/^40 .*no list/);
    expect(await alter(client, [[subtract, 'min.insync.replicas', '1']])).toMatch(/^40 .*no list/);
    expect(await alter(client, [[append, 'no.such', '5']])).toMatch(/^40 .*no\.such/);
    expect(await alter(client, [[append, 'leader.replication.throttled.replicas', '0:1']])).toMatch(/^40 .*empty/);
    expect(await alter(client, [[append, 'leader.replication.throttled.replicas', '']])).toBe('0 ');
    expect(await alter(client, [[subtract, 'leader.replication.throttled.replicas', '0:1']])).toBe('0 ');
  });

  it('B1 only validates where it is asked to', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    expect(await alter(client, [[set, 'retention.ms', '5']], { validateOnly: true })).toBe('0 ');
    expect(await inForce(client, 'retention.ms')).toBe('604800000 from 5');
  });

  it('B1 says what is wrong', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    expect(await alter(client, [], { resourceName: 'none' })).toMatch(/^3 .*none/);
    expect(await alter(client, [], { resourceName: '' })).toMatch(/^17 /);
    expect(await alter(client, [[set, 'no.such', '1']])).toMatch(/^40 .*no\.such/);
    expect(await alter(client, [[set, 'retention.ms']])).toMatch(/^42 .*no value/);
    expect(await alter(client, [[append, 'cleanup.policy']])).toMatch(/^42 .*no value/);
    expect(await alter(client, [[9, 'retention.ms', '1']])).toMatch(/^42 .*operation 9/);
    expect(
      await alter(client, [
        [set, 'retention.ms', '1'],
        [unset, 'retention.ms'],
      ]),
    ).toMatch(/^42 .*more than once/);
    expect(await alter(client, [[set, 'min.insync.replicas', '2']])).toMatch(/^40 /);
    expect(await alter(client, [])).toBe('0 ');
  });

  it('B1 puts back to its default what never was anything else', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    expect(
      await alter(client, [
        [unset, 'retention.ms'],
        [unset, 'min.insync.replicas'],
        [unset, 'no.such'],
      ]),
    ).toBe('0 ');
    expect(await alter(client, [[unset, 'no.such']], { resourceType: 4, resourceName: '1' })).toBe('0 ');
  });

  it('B1 takes the largest number of Kafka for no limit', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    expect(await alter(client, [[set, 'retention.ms', '9223372036854775807']])).toBe('0 ');
    expect(await inForce(client, 'retention.ms')).toBe('-1 from 1');
  });

  it('B1 O3 changes settings of the broker, as Kafka names them, in force at once', async () => {
    const client = await openClient({ limits: { partitionsDefault: 2 } });
    const broker = { resourceType: 4, resourceName: '1' };
    const told = async (name: string) => {
      const { configs } = await describeOne(
        client,
        { ...broker, configurationKeys: [name] },
        { includeSynonyms: true },
      );
      return configs.map(({ value, configSource, readOnly, synonyms }) => ({
        value,
        configSource,
        readOnly,
        synonyms,
      }));
    };
    await createTopic(client, 'orders');
    const steps: Step[] = [
      [set, 'num.partitions', '4'],
      [set, 'log.retention.ms', '9223372036854775807'],
      [set, 'offsets.retention.minutes', '60'],
      [set, 'auto.create.topics.enable', 'TRUE'],
      [append, 'log.cleanup.policy', 'compact'],
    ];
    expect(await alter(client, steps, { ...broker, validateOnly: true })).toBe('0 ');
    expect(await told('num.partitions')).toMatchObject([{ value: '2', configSource: 4 }]);
    expect(await alter(client, steps, broker)).toBe('0 ');
    expect(await told('num.partitions')).toEqual([
      {
        value: '4',
        configSource: 2,
        readOnly: false,
        synonyms: [
          { name: 'num.partitions', value: '4', source: 2 },
          { name: 'num.partitions', value: '2', source: 4 },
          { name: 'num.partitions', value: '1', source: 5 },
        ],
      },
    ]);
    expect(await told('offsets.retention.minutes')).toMatchObject([{ value: '60', configSource: 2 }]);
    expect(await told('auto.create.topics.enable')).toMatchObject([{ value: 'true', configSource: 2 }]);
    expect(await told('log.cleanup.policy')).toMatchObject([{ value: 'delete,compact', configSource: 2 }]);
    expect(await inForce(client, 'retention.ms')).toBe('-1 from 2');
    expect(
      await alter(
        client,
        [
          [unset, 'num.partitions'],
          [unset, 'log.retention.ms'],
        ],
        broker,
      ),
    ).toBe('0 ');
    expect(await told('num.partitions')).toMatchObject([{ value: '2', configSource: 4 }]);
    expect(await inForce(client, 'retention.ms')).toBe('604800000 from 5');
  });

  it('B1 O3 says what is wrong with settings of the broker', async () => {
    const client = await openClient();
    const broker = { resourceType: 4, resourceName: '1' };
    expect(await alter(client, [[set, 'num.partitions', 'many']], broker)).toMatch(/^40 .*many.* allowed: a whole/);
    expect(await alter(client, [[set, 'num.partitions', '50000']], broker)).toMatch(/^40 .*partitionsPerTopicMax/);
    expect(await alter(client, [[set, 'offsets.retention.minutes', 'x']], broker)).toMatch(/^40 /);
    expect(await alter(client, [[set, 'num.partitions']], broker)).toMatch(/^42 .*no value/);
    expect(await alter(client, [[append, 'num.partitions', '1']], broker)).toMatch(/^40 .*no list/);
    expect(await alter(client, [[9, 'num.partitions', '1']], broker)).toMatch(/^42 .*operation 9/);
    expect(await alter(client, [[set, 'log.cleaner.enable', 'false']], broker)).toMatch(/^40 .*cannot be changed/);
    expect(await alter(client, [[append, 'log.cleanup.policy', 'bogus']], broker)).toMatch(/^40 .*bogus/);
  });
});

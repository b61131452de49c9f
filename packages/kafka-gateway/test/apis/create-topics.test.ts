import { describe, expect, it } from 'vitest';
import { createTopics } from '../../src/messages/create-topics.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

const asBrokerWants = { numPartitions: -1, replicationFactor: -1 };

async function openClient(options: Parameters<typeof kafkaBroker>[0] = {}): Promise<RawClient> {
  const { kafkaPort } = await kafkaBroker(options);
  return RawClient.connect(kafkaPort);
}

type Wanted = { name?: string } & Partial<{
  numPartitions: number;
  replicationFactor: number;
  assignments: { partitionIndex: number; brokerIds: number[] }[];
  configs: { name: string; value: string | null }[];
}>;

function asked(wanted: readonly Wanted[], validateOnly = false) {
  return {
    topics: wanted.map((topic) => ({ name: 'orders', ...asBrokerWants, ...topic })),
    timeoutMs: 5000,
    validateOnly,
  };
}

/** The error's number and message. */
async function outcomeOf(client: RawClient, wanted: Wanted, { validateOnly = true } = {}): Promise<string> {
  const { topics } = await client.ask(createTopics, 7, asked([wanted], validateOnly));
  expect(topics).toHaveLength(1);
  return `${topics[0]!.errorCode} ${topics[0]!.errorMessage ?? ''}`;
}

describe('CreateTopics', () => {
  it('B1 creates a topic in every version, and tells from version 5 on what it came to', async () => {
    const client = await openClient({ limits: { partitionsDefault: 3 } });
    for (let version = 2; version <= 7; version += 1) {
      const name = `made-by-${version}`;
      const answer = await client.ask(createTopics, version, asked([{ name }]));
      const [topic] = answer.topics;
      expect(topic).toMatchObject({ name, errorCode: 0, errorMessage: null });
      if (version >= 5)
        expect(topic).toMatchObject({ numPartitions: 3, replicationFactor: 1, topicConfigErrorCode: 0 });
      expect(topic!.topicId === '00000000-0000-0000-0000-000000000000').toBe(version < 7);
    }
  });

  it('B1 answers with every setting, its source, and whether it can be changed', async () => {
    const client = await openClient({ topicDefaults: { 'retention.ms': '1000' } });
    const configs = [
      { name: 'cleanup.policy', value: 'compact, delete' },
      { name: 'compression.type', value: 'uncompressed' },
      { name: 'min.insync.replicas', value: '1' },
    ];
    const { topics } = await client.ask(createTopics, 7, asked([{ configs }]));
    const told = new Map(topics[0]!.configs!.map((config) => [config.name, config]));
    expect(told.get('cleanup.policy')).toMatchObject({ value: 'compact,delete', configSource: 1, readOnly: false });
    expect(told.get('compression.type')).toMatchObject({ value: 'uncompressed', configSource: 1 });
    expect(told.get('retention.ms')).toMatchObject({ value: '1000', configSource: 4 });
    expect(told.get('min.insync.replicas')).toMatchObject({ value: '1', configSource: 5, readOnly: true });
    expect(told.get('segment.bytes')).toMatchObject({ configSource: 5, isSensitive: false });
  });

  it('B1 says of each topic what is wrong with it, and makes the others', async () => {
    const client = await openClient();
    const { topics } = await client.ask(
      createTopics,
      7,
      asked([{ name: 'a b' }, { name: 'good' }, { name: 'x', replicationFactor: 3 }]),
    );
    expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['a b', 17],
      ['good', 0],
      ['x', 38],
    ]);
    for (const { errorCode, errorMessage, configs } of topics) {
      expect(errorMessage === null).toBe(errorCode === 0);
      if (errorCode !== 0) expect(configs).toEqual([]);
    }
  });

  it('B1 refuses numbers that cannot be had, and names', async () => {
    const client = await openClient();
    expect(await outcomeOf(client, { numPartitions: 0 })).toMatch(/^37 /);
    expect(await outcomeOf(client, { numPartitions: -2 })).toMatch(/^37 /);
    expect(await outcomeOf(client, { replicationFactor: 0 })).toMatch(/^38 /);
    expect(await outcomeOf(client, { replicationFactor: 2 })).toMatch(/^38 .*one broker/);
    for (const name of ['', '.', '..', 'a/b', 'x'.repeat(250), '__q_own']) {
      expect(await outcomeOf(client, { name }), name).toMatch(/^17 /);
    }
  });

  it('B1 takes assignments that name this broker alone', async () => {
    const client = await openClient();
    const at = (...indices: number[]) => indices.map((partitionIndex) => ({ partitionIndex, brokerIds: [1] }));
    expect(await outcomeOf(client, { assignments: at(0, 2) })).toMatch(/^39 .*0 to 1/);
    expect(await outcomeOf(client, { assignments: at(0, 0) })).toMatch(/^39 /);
    expect(await outcomeOf(client, { assignments: [{ partitionIndex: 0, brokerIds: [] }] })).toMatch(/^39 /);
    expect(await outcomeOf(client, { assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }] })).toMatch(/^39 /);
    expect(await outcomeOf(client, { assignments: [{ partitionIndex: 0, brokerIds: [2] }] })).toMatch(/^39 .*broker 2/);
    expect(await outcomeOf(client, { assignments: at(0), numPartitions: 1 })).toMatch(/^42 /);
    expect(await outcomeOf(client, { assignments: at(0), replicationFactor: 1 })).toMatch(/^42 /);
    const { topics } = await client.ask(createTopics, 7, asked([{ assignments: at(1, 0, 2) }]));
    expect(topics[0]).toMatchObject({ errorCode: 0, numPartitions: 3, replicationFactor: 1 });
  });

  it('B1 refuses settings that there are not, that have no value, or that are what they are', async () => {
    const client = await openClient();
    const configs = (name: string, value: string | null) => ({ configs: [{ name, value }] });
    expect(await outcomeOf(client, configs('no.such', '1'))).toMatch(/^40 .*no\.such/);
    expect(await outcomeOf(client, configs('retention.ms', null))).toMatch(/^40 .*retention\.ms/);
    expect(await outcomeOf(client, configs('retention.ms', 'soon'))).toMatch(/^40 .*soon/);
    expect(await outcomeOf(client, configs('min.insync.replicas', '2'))).toMatch(/^40 .*it is 1, not 2/);
    expect(await outcomeOf(client, configs('preallocate', 'False'))).toMatch(/^0 /);
  });

  it('B1 refuses a topic that a request names twice', async () => {
    const client = await openClient();
    const { topics } = await client.ask(
      createTopics,
      7,
      asked([{ name: 'twice' }, { name: 'once' }, { name: 'twice' }]),
    );
    expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['twice', 42],
      ['once', 0],
    ]);
  });

  it('B1 only validates where it is asked to, and says then that a topic exists, whatever else is wrong', async () => {
    const client = await openClient();
    const valid = await client.ask(createTopics, 7, asked([{}], true));
    expect(valid.topics[0]).toMatchObject({ errorCode: 0, topicId: '00000000-0000-0000-0000-000000000000' });
    expect(await outcomeOf(client, {}, { validateOnly: false })).toBe('0 ');
    expect(await outcomeOf(client, {})).toMatch(/^36 .*orders exists/);
    expect(await outcomeOf(client, { replicationFactor: 3, numPartitions: 0 })).toMatch(/^36 /);
  });
});

/** What a Kafka client meets without a right, as it was seen on a real Kafka (A3). */
import type { Broker } from '@q/broker';
import type { AclRule } from '@q/security';
import { describe, expect, it } from 'vitest';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { createTopics } from '../../src/messages/create-topics.ts';
import { deleteTopics } from '../../src/messages/delete-topics.ts';
import { describeCluster } from '../../src/messages/describe-cluster.ts';
import { describeConfigs } from '../../src/messages/describe-configs.ts';
import { joinGroup } from '../../src/messages/join-group.ts';
import { listGroups } from '../../src/messages/list-groups.ts';
import { listOffsets } from '../../src/messages/list-offsets.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { fetchFrom, partitionsOf, WaitClock } from '../fetching.ts';
import { kafkaBroker } from '../harness.ts';
import type { RawClient } from '../harness.ts';
import { openAs, tokensAreNames } from '../logging-in.ts';
import { batchOf, sendOne } from '../producing.ts';

const unknownId = '00000000-0000-4000-8000-00000000dead';

interface Scene {
  readonly broker: Broker;
  readonly clock: WaitClock;
  /** Has made the topics `orders` and `others`, with a record in each. */
  readonly root: RawClient;
  readonly bob: RawClient;
  readonly topicId: string;
  readonly allow: (rule: Partial<AclRule>) => Promise<void>;
}

async function scene(options: { readonly autoCreateTopics?: boolean } = {}): Promise<Scene> {
  const clock = new WaitClock();
  const { broker, kafkaPort } = await kafkaBroker({
    clock,
    security: tokensAreNames,
    ...options,
  });
  const as = (user: string): Promise<RawClient> => openAs(user, kafkaPort);
  const root = await as('root');
  const wanted = ['orders', 'others'].map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }));
  const { topics } = await root.ask(createTopics, 7, { topics: wanted, timeoutMs: 5_000 });
  for (const { name } of topics) expect((await sendOne(root, { name }, batchOf('x'))).errorCode).toBe(0);
  const allow = async (rule: Partial<AclRule>): Promise<void> => {
    await broker.rules!.add({
      principal: 'User:bob',
      host: '*',
      permission: 'allow',
      operation: 'read',
      resourceType: 'topic',
      patternType: 'literal',
      resourceName: 'orders',
      ...rule,
    });
  };
  return { broker, clock, root, bob: await as('bob'), topicId: topics[0]!.topicId, allow };
}

async function named(client: RawClient, name: string): Promise<number> {
  return (await client.ask(metadata, 9, { topics: [{ name }] })).topics[0]!.errorCode;
}

describe('A3 facts, Missing permission', () => {
  it('A3, SEC-11: a topic that may not be seen is 29, and so is one that is not there; 3 only where Describe is allowed', async () => {
    const { bob, allow } = await scene();
    expect([await named(bob, 'orders'), await named(bob, 'nothing')]).toEqual([29, 29]);
    await allow({ operation: 'describe', resourceName: '*' });
    expect([await named(bob, 'orders'), await named(bob, 'nothing')]).toEqual([0, 3]);
  });

  it('A3, SEC-11: by its id it is 29 without partitions, and an id that there is not is 100', async () => {
    const { bob, topicId } = await scene();
    const { topics } = await bob.ask(metadata, 12, {
      topics: [
        { topicId, name: null },
        { topicId: unknownId, name: null },
      ],
    });
    expect(topics.map(({ errorCode, partitions }) => [errorCode, partitions.length])).toEqual([
      [29, 0],
      [100, 0],
    ]);
    // Who may not see it does not learn its name by its id.
    expect(topics[0]!.name ?? '').not.toContain('orders');
  });

  it('A3, SEC-11: lists leave out what may not be seen, without an error; DescribeCluster answers everybody', async () => {
    const { bob, allow } = await scene();
    const all = async () => (await bob.ask(metadata, 9, { topics: null })).topics.map(({ name }) => name);
    expect(await all()).toEqual([]);
    await allow({ operation: 'describe' });
    expect(await all()).toEqual(['orders']);
    expect(await bob.ask(listGroups, 4, {})).toMatchObject({ errorCode: 0, groups: [] });
    expect(await bob.ask(describeCluster, 0, { includeClusterAuthorizedOperations: false })).toMatchObject({
      errorCode: 0,
    });
  });

  it('A3, SEC-11: ListOffsets, DescribeConfigs and DeleteTopics are 29, whether the topic is there or not', async () => {
    const { bob } = await scene();
    for (const name of ['orders', 'nothing']) {
      const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
      const { topics: told } = await bob.ask(listOffsets, 6, { replicaId: -1, topics });
      expect(told[0]!.partitions[0]!.errorCode).toBe(29);
      const resources = [{ resourceType: 2, resourceName: name }];
      expect((await bob.ask(describeConfigs, 4, { resources })).results[0]!.errorCode).toBe(29);
      const { responses } = await bob.ask(deleteTopics, 5, { topicNames: [name], timeoutMs: 5_000 });
      expect(responses[0]!.errorCode).toBe(29);
    }
  });

  it('A3: Create on the beginning of the name is enough, a denial beats it, and other names are 29 each', async () => {
    const { bob, allow } = await scene();
    const create = async (...names: readonly string[]) => {
      const topics = names.map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }));
      const { topics: told } = await bob.ask(createTopics, 7, { topics, timeoutMs: 5_000 });
      return told.map(({ errorCode, topicConfigErrorCode, configs }) => [errorCode, topicConfigErrorCode, configs]);
    };
    await allow({ operation: 'create', patternType: 'prefixed', resourceName: 'bob-' });
    await allow({ operation: 'create', resourceName: 'bob-2', permission: 'deny' });
    // Its settings are for others.
    expect(await create('bob-1', 'bob-2', 'alice-1')).toEqual([
      [0, 29, []],
      [29, 0, []],
      [29, 0, []],
    ]);
  });

  it('A3, SEC-11: a denial of Create on names beats Create on the cluster, unlike Kafka, when topics are made and when looked for', async () => {
    const { bob, allow } = await scene({ autoCreateTopics: true });
    await allow({ operation: 'create', resourceType: 'cluster', resourceName: 'kafka-cluster' });
    await allow({ operation: 'create', permission: 'deny', patternType: 'prefixed', resourceName: 'pay-' });
    await allow({ operation: 'describe', resourceName: '*' });
    const topics = ['pay-1', 'other-1'].map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }));
    const made = await bob.ask(createTopics, 7, { topics, timeoutMs: 5_000 });
    expect(made.topics.map(({ errorCode }) => errorCode)).toEqual([29, 0]);
    const looked = ['pay-1', 'other-2'].map((name) => ({ name }));
    const found = await bob.ask(metadata, 9, { topics: looked, allowAutoTopicCreation: true });
    expect(found.topics.map(({ errorCode }) => errorCode)).toEqual([29, 0]);
  });

  it('A3: without Read a group is joined all the same, and Fetch is 0 with 29 at the partition', async () => {
    const { bob, allow } = await scene();
    await allow({ operation: 'read', resourceType: 'group', resourceName: 'readers' });
    const join = {
      groupId: 'readers',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    };
    expect((await bob.ask(joinGroup, 4, join)).errorCode).toBe(79);
    await allow({ operation: 'read' });
    const answer = await fetchFrom(bob, [{}, { topic: 'others' }], { version: 11 });
    expect(answer.errorCode).toBe(0);
    expect(
      partitionsOf(answer).map(({ errorCode, records }) => [errorCode, Buffer.concat(records!).length > 0]),
    ).toEqual([
      [0, true],
      [29, false],
    ]);
  });

  it('A3: the answer to a fetch of nothing but refused partitions waits (franz-go asks 1,900 times a second)', async () => {
    const { bob, clock } = await scene();
    const waiting = (): number => [...clock.waits.values()].filter((waitMs) => waitMs === 500).length;
    const before = waiting();
    let isAnswered = false;
    const answer = fetchFrom(bob, [{}], { version: 11 }).finally(() => (isAnswered = true));
    // Others wait for as long.
    while (waiting() <= before) await new Promise((resolve) => void setImmediate(resolve));
    expect(isAnswered).toBe(false);
    await clock.advance(500);
    expect(partitionsOf(await answer)[0]!.errorCode).toBe(29);
  });

  it('A3: AddPartitionsToTxn is not listed beyond version 3: later ones are for brokers', async () => {
    const { bob } = await scene();
    const { apiKeys } = await bob.ask(apiVersions, 3, { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' });
    expect(apiKeys.filter(({ apiKey, maxVersion }) => apiKey === 24 && maxVersion > 3)).toEqual([]);
  });
});

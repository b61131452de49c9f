import { deepStrictEqual, ok } from 'node:assert';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import { someRecords, timeOf } from '../records.ts';
import type { Stage } from '../stage.ts';

/** Waits for what is true a moment later, such as a topic that is being deleted. */
async function becomes(what: string, look: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    if (await look()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not come to this: ${what}`);
}

async function topics(stage: Stage): Promise<void> {
  const { client } = stage;
  const topic = stage.name('made');
  await client.ask('createTopic', { topic, partitions: 3, configs: { 'retention.ms': '86400000' } });
  const { partitions } = await (await stage.q).admin.describeTopic(topic);
  deepStrictEqual(partitions.length, 3);
  deepStrictEqual(await client.ask('describeTopic', { topic }), { partitions: 3 });
  ok((await client.ask('listTopics', {})).topics.includes(topic));
  const { configs } = await client.ask('describeConfigs', { topic });
  deepStrictEqual(configs['retention.ms'], '86400000');
  await client.ask('deleteTopic', { topic });
  await becomes('the topic is gone', async () => !(await client.ask('listTopics', {})).topics.includes(topic));
}

async function topicConfigs(stage: Stage): Promise<void> {
  const topic = await stage.topic({ config: { 'retention.ms': '86400000' } });
  await stage.client.ask('alterConfig', { topic, name: 'max.message.bytes', value: '65536' });
  const { configs } = await stage.client.ask('describeConfigs', { topic });
  deepStrictEqual(configs['max.message.bytes'], '65536');
  // What tools look for, set or not.
  for (const name of ['cleanup.policy', 'retention.ms', 'segment.bytes', 'min.insync.replicas', 'compression.type']) {
    ok(configs[name] !== undefined && configs[name] !== null, `${name} is not told`);
  }
}

async function brokerConfigs(stage: Stage): Promise<void> {
  const { configs } = await stage.client.ask('describeBrokerConfigs', {});
  for (const name of ['auto.create.topics.enable', 'message.max.bytes', 'num.partitions']) {
    ok(name in configs, `${name} is not told`);
  }
}

async function morePartitions(stage: Stage): Promise<void> {
  const topic = await stage.topic({ partitions: 2 });
  await stage.client.ask('createPartitions', { topic, count: 5 });
  deepStrictEqual(await stage.client.ask('describeTopic', { topic }), { partitions: 5 });
}

async function deleteRecords(stage: Stage): Promise<void> {
  const topic = await stage.topic();
  await stage.store(topic, someRecords(20));
  await stage.client.ask('deleteRecords', { topic, partition: 0, before: 15 });
  deepStrictEqual(await stage.client.ask('listOffset', { topic, partition: 0, at: 'start' }), { offset: 15 });
  deepStrictEqual(
    (await stage.stored(topic)).map(({ offset }) => offset),
    [15, 16, 17, 18, 19],
  );
}

async function listOffsets(stage: Stage): Promise<void> {
  const topic = await stage.topic();
  await stage.store(topic, someRecords(20), 'zstd');
  const at = async (place: 'start' | 'end' | { timeMs: number }): Promise<number> =>
    (await stage.client.ask('listOffset', { topic, partition: 0, at: place })).offset;
  deepStrictEqual([await at('start'), await at('end'), await at({ timeMs: timeOf(7) })], [0, 20, 7]);
}

/** A group with offsets and without members. */
async function emptyGroup(stage: Stage): Promise<{ group: string; topic: string }> {
  const topic = await stage.topic({ partitions: 2 });
  const group = stage.name('group');
  for (const partition of [0, 1]) await stage.store(topic, someRecords(10, { partition }));
  const member = stage.member({ group, topic, sessionTimeoutMs: 10_000, commits: true });
  await member.until('all records', () => member.records.length === 20);
  await member.leave();
  return { group, topic };
}

async function describeGroups(stage: Stage): Promise<void> {
  const topic = await stage.topic({ partitions: 2 });
  const group = stage.name('group');
  const member = stage.member({ group, topic, sessionTimeoutMs: 10_000, commits: true });
  await member.until('its partitions', () => member.partitions.length === 2);
  ok((await stage.client.ask('listGroups', {})).groups.includes(group));
  // The member knows its partitions a moment before the broker counts the group as stable.
  await becomes('the group is stable', async () =>
    /^stable$/i.test((await stage.client.ask('describeGroup', { group, topic })).state),
  );
  const { members, partitions } = await stage.client.ask('describeGroup', { group, topic });
  deepStrictEqual({ members, partitions }, { members: 1, partitions: [0, 1] });
  await member.leave();
  await becomes('the group is empty', async () =>
    /^empty$/i.test((await stage.client.ask('describeGroup', { group, topic })).state),
  );
}

async function deleteGroup(stage: Stage): Promise<void> {
  const { group } = await emptyGroup(stage);
  await becomes('the group is deleted', async () => {
    await stage.client.ask('deleteGroup', { group });
    return !(await stage.client.ask('listGroups', {})).groups.includes(group);
  });
}

async function resetOffsets(stage: Stage): Promise<void> {
  const { group, topic } = await emptyGroup(stage);
  deepStrictEqual(await stage.client.ask('committed', { group, topic }), { offsets: { 0: 10, 1: 10 } });
  await stage.client.ask('resetOffset', { group, topic, partition: 0, offset: 4 });
  deepStrictEqual((await stage.client.ask('committed', { group, topic })).offsets['0'], 4);
  const member = stage.member({ group, topic, sessionTimeoutMs: 10_000, commits: true });
  await member.until('what comes again', () => member.records.length >= 6);
  deepStrictEqual(
    member.records.filter(({ partition }) => partition === 0).map(({ offset }) => offset),
    [4, 5, 6, 7, 8, 9],
  );
  await member.leave();
}

async function deleteOffsets(stage: Stage): Promise<void> {
  const { group, topic } = await emptyGroup(stage);
  await stage.client.ask('deleteOffset', { group, topic, partition: 0 });
  deepStrictEqual(await stage.client.ask('committed', { group, topic }), { offsets: { 1: 10 } });
}

export const administration: readonly Feature[] = section('Administration', {
  'describe the cluster': async (stage) => {
    const { clusterId, brokers } = await stage.client.ask('describeCluster', {});
    deepStrictEqual(brokers, 1);
    ok(clusterId === null || clusterId.length > 0);
  },
  'create, list, describe and delete topics': topics,
  'describe and alter the settings of a topic': topicConfigs,
  'describe the settings of the broker': brokerConfigs,
  'add partitions': morePartitions,
  'delete records': deleteRecords,
  'offsets at the start, the end and a time': listOffsets,
  'list and describe groups': describeGroups,
  'delete a group': deleteGroup,
  'reset offsets of a group': resetOffsets,
  'delete offsets of a group': deleteOffsets,
});

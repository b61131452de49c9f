import { deepStrictEqual, match, ok } from 'node:assert';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import { someRecords, timeOf } from '../records.ts';
import type { Stage } from '../stage.ts';

/** How a tool is run. */
export interface ToolRun {
  /** Exit code that is expected; most succeed. */
  readonly code?: number;
  readonly input?: string;
  /** Of tools that take the address in another place than the others. */
  readonly isPlain?: boolean;
}

/** Runs a tool of Kafka's, by its class, and returns what it wrote. */
export async function runTool(
  { client, broker }: Stage,
  tool: string,
  args: readonly string[],
  { code = 0, input, isPlain = false }: ToolRun = {},
): Promise<string> {
  const address = ['--bootstrap-server', broker.bootstrap];
  const all = isPlain ? [...args, ...address] : [...address, ...args];
  const told = await client.ask('tool', { tool, args: all, ...(input !== undefined && { input }) });
  deepStrictEqual(told.code, code, `${tool} ${args.join(' ')}: exit code ${told.code}:\n${told.output}`);
  return told.output;
}

const flag = (name: string, values: readonly string[]): string[] => values.flatMap((value) => [name, value]);

async function topics(stage: Stage): Promise<void> {
  const topic = stage.name('topic');
  const tool = (args: readonly string[], how?: ToolRun): Promise<string> => runTool(stage, 'TopicCommand', args, how);
  const create = ['--create', '--topic', topic, '--partitions', '3', '--config', 'retention.ms=100000'];
  match(await tool(create), /Created topic/);
  match(await tool(create, { code: 1 }), /exists/);
  await tool([...create, '--if-not-exists']);
  ok((await tool(['--list'])).split('\n').includes(topic));
  const described = await tool(['--describe', '--topic', topic]);
  match(described, /PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=100000/);
  match(described, /Partition: 2\s+Leader: 1\s+Replicas: 1\s+Isr: 1/);
  match(await tool(['--describe', '--unavailable-partitions']), /^\s*$/);
  match(await tool(['--describe', '--under-min-isr-partitions']), /^\s*$/);
  match(await tool(['--describe', '--topics-with-overrides']), new RegExp(topic));
  await tool(['--alter', '--topic', topic, '--partitions', '5']);
  match(await tool(['--describe', '--topic', topic]), /PartitionCount: 5/);
  await tool(['--alter', '--topic', topic, '--partitions', '2'], { code: 1 });
  match(await tool(['--create', '--topic', 'not/allowed'], { code: 1 }), /[Ii]nvalid|illegal/);
  await tool(['--delete', '--topic', topic]);
  await tool(['--describe', '--topic', topic], { code: 1 });
}

/** Of settings that nobody else here goes by. */
async function brokerConfigs(stage: Stage): Promise<void> {
  const broker = ['--entity-type', 'brokers', '--entity-name', '1'];
  const tool = (args: readonly string[], how?: ToolRun): Promise<string> => runTool(stage, 'ConfigCommand', args, how);
  const alter = (setting: string, how?: ToolRun): Promise<string> =>
    tool(['--alter', ...broker, '--add-config', setting], how);
  await alter('connections.max.idle.ms=599999,log.cleaner.delete.retention.ms=86399999');
  const told = await tool(['--describe', ...broker]);
  match(
    told,
    /connections\.max\.idle\.ms=599999 .*DYNAMIC_BROKER_CONFIG:connections\.max\.idle\.ms=599999, DEFAULT_CONFIG/,
  );
  match(told, /log\.cleaner\.delete\.retention\.ms=86399999 /);
  ok(!told.includes('num.partitions'));
  await alter('connections.max.idle.ms=soon', { code: 1 });
  await alter('socket.request.max.bytes=1000000', { code: 1 });
  const all = ['--alter', '--entity-type', 'brokers', '--entity-default'];
  match(await tool([...all, '--add-config', 'connections.max.idle.ms=5'], { code: 1 }), /name broker 1/);
  await tool(['--alter', ...broker, '--delete-config', 'connections.max.idle.ms,log.cleaner.delete.retention.ms']);
  ok(!(await tool(['--describe', ...broker])).includes('connections.max.idle.ms'));
}

async function configs(stage: Stage): Promise<void> {
  const topic = await stage.topic();
  const of = (type: string, name: string): string[] => ['--entity-type', type, '--entity-name', name];
  const tool = (args: readonly string[], how?: ToolRun): Promise<string> => runTool(stage, 'ConfigCommand', args, how);
  await tool(['--alter', ...of('topics', topic), '--add-config', 'cleanup.policy=compact,retention.ms=5000000']);
  const set = await tool(['--describe', ...of('topics', topic)]);
  match(set, /cleanup\.policy=compact .*synonyms=\{DYNAMIC_TOPIC_CONFIG:cleanup\.policy=compact/);
  match(set, /retention\.ms=5000000 /);
  await tool(['--alter', ...of('topics', topic), '--delete-config', 'cleanup.policy']);
  ok(!(await tool(['--describe', ...of('topics', topic)])).includes('cleanup.policy'));
  match(await tool(['--describe', ...of('topics', topic), '--all']), /cleanup\.policy=delete .*DEFAULT_CONFIG/);
  await tool(['--alter', ...of('topics', topic), '--add-config', 'retention.ms=soon'], { code: 1 });
  await tool(['--alter', ...of('topics', topic), '--add-config', 'no.such.setting=1'], { code: 1 });
  match(await tool(['--describe', ...of('brokers', '1'), '--all']), /message\.max\.bytes=\d+ /);
  await brokerConfigs(stage);
}

const readerFlags = flag('--reader-property', [
  'parse.key=true',
  'parse.headers=true',
  'key.separator=|',
  'headers.delimiter=~',
]);
const formatFlags = flag('--formatter-property', ['print.key=true', 'print.headers=true', 'print.partition=true']);

async function produceAndConsume(stage: Stage): Promise<void> {
  const topic = await stage.topic();
  const produce = (args: readonly string[], input: string): Promise<string> =>
    runTool(stage, 'ConsoleProducer', ['--topic', topic, ...args], { input });
  const consume = (args: readonly string[]): Promise<string> =>
    runTool(stage, 'consumer.ConsoleConsumer', ['--topic', topic, '--timeout-ms', '15000', ...args]);
  const sent: string[] = [];
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    for (const acks of ['0', '1', 'all']) {
      const name = `${codec}-${acks}`;
      // Without acks nobody waits, and a program that goes at once may take its last words with it.
      const settings = ['--compression-codec', codec, '--command-property', `acks=${acks}`];
      await produce([...settings, ...readerFlags], `h:${name},g:2~key-${name}|value-${name}\n`);
      sent.push(`h:${name},g:2\tkey-${name}\tvalue-${name}`);
    }
  }
  const all = ['--from-beginning', '--max-messages', String(sent.length), ...formatFlags];
  const seen = (await consume(all)).split('\n').filter((line) => line.startsWith('Partition:0\t'));
  deepStrictEqual(seen.map((line) => line.replace('Partition:0\t', '')).toSorted(), sent.toSorted());
  const at = ['--partition', '0', '--offset', String(sent.length - 1), '--max-messages', '1', ...formatFlags];
  match(await consume(at), new RegExp(seen.at(-1)!.replaceAll('\t', '\\s')));
}

async function consumerGroups(stage: Stage): Promise<void> {
  const topic = await stage.topic({ partitions: 2 });
  const group = stage.name('group');
  for (const partition of [0, 1]) await stage.store(topic, someRecords(10, { partition }));
  const read = ['--topic', topic, '--group', group, '--from-beginning', '--timeout-ms', '15000'];
  const properties = flag('--command-property', ['group.instance.id=one', 'session.timeout.ms=6000']);
  const output = await runTool(stage, 'consumer.ConsoleConsumer', [...read, '--max-messages', '20', ...properties]);
  match(output, /Processed a total of 20 messages/);
  const tool = (args: readonly string[]): Promise<string> =>
    runTool(stage, 'consumer.group.ConsumerGroupCommand', args);
  const inGroup = (args: readonly string[]): Promise<string> => tool([...args, '--group', group]);
  ok((await tool(['--list'])).split('\n').includes(group));
  // A static member says no goodbye: its group is stable until its session is over.
  const described = await inGroup(['--describe']);
  match(described, new RegExp(`${group}\\s+${topic}\\s+0\\s+10\\s+10\\s+0\\s+one-`));
  match(await inGroup(['--describe', '--members', '--verbose']), /\bone\s.*console-consumer\s+2\s/);
  match(await inGroup(['--describe', '--state']), /range\s+Stable\s+1/);
  match(await inGroup(['--reset-offsets', '--topic', topic, '--to-earliest', '--execute']), /can only be reset if/);
  match(await inGroup(['--delete']), /not empty/);
  await becomes(async () => /\bEmpty\s+0\b/.test(await inGroup(['--describe', '--state'])));
  const offsets = async (): Promise<string[]> =>
    (await inGroup(['--describe', '--offsets']))
      .split('\n')
      .filter((line) => line.startsWith(group))
      .map((line) => line.split(/\s+/).slice(2, 5).join(' '))
      .toSorted();
  deepStrictEqual(await offsets(), ['0 10 10', '1 10 10']);
  const reset = ['--reset-offsets', '--execute', '--topic'];
  match(await inGroup([...reset, `${topic}:0`, '--shift-by', '-3']), new RegExp(`${topic}\\s+0\\s+7`));
  await inGroup([...reset, `${topic}:1`, '--to-datetime', new Date(timeOf(4)).toISOString().replace('Z', '')]);
  deepStrictEqual(await offsets(), ['0 7 10', '1 4 10']);
  match(await inGroup(['--delete-offsets', '--topic', `${topic}:0`]), /Successful/);
  deepStrictEqual(await offsets(), ['1 4 10']);
  match(await inGroup(['--delete']), /successful/);
  ok(!(await tool(['--list'])).split('\n').includes(group));
}

async function becomes(look: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    if (await look()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the group did not become empty');
}

async function offsetsAndRecords(stage: Stage): Promise<void> {
  const topic = await stage.topic();
  await stage.store(topic, someRecords(20));
  const at = async (time: string): Promise<string> =>
    (await runTool(stage, 'GetOffsetShell', ['--topic', topic, '--time', time])).trim();
  deepStrictEqual(
    [await at('earliest'), await at('latest'), await at('max-timestamp'), await at(String(timeOf(7)))],
    ['0', '20', '19', '7'].map((offset) => `${topic}:0:${offset}`),
  );
  // What is not there is not told, as nothing is tiered.
  deepStrictEqual(
    [await at('earliest-local'), await at('latest-tiered'), await at('earliest-pending-upload')],
    [`${topic}:0:0`, '', ''],
  );
  const folder = await mkdtemp(join(tmpdir(), 'q-kafka-'));
  try {
    const file = join(folder, 'offsets.json');
    await writeFile(file, JSON.stringify({ partitions: [{ topic, partition: 0, offset: 5 }], version: 1 }));
    match(await runTool(stage, 'DeleteRecordsCommand', ['--offset-json-file', file]), /low_watermark: 5/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  deepStrictEqual(await at('earliest'), `${topic}:0:5`);
  const logDirs = await runTool(stage, 'LogDirsCommand', ['--describe', '--topic-list', topic]);
  match(logDirs, new RegExp(`"partition":"${topic}-0","size":[1-9]\\d*,`));
}

async function clusterAndVersions(stage: Stage): Promise<void> {
  const topic = await stage.topic();
  await stage.store(topic, someRecords(20));
  match(await runTool(stage, 'BrokerApiVersionsCommand', []), /Produce\(0\): 0 to 13 \[usable: 13\]/);
  match(await runTool(stage, 'ClusterTool', ['cluster-id'], { isPlain: true }), /Cluster ID: \S+/);
  match(await runTool(stage, 'ClusterTool', ['list-endpoints'], { isPlain: true }), /127\.0\.0\.1\s+\d+/);
  match(await runTool(stage, 'GroupsCommand', ['--list']), /GROUP\s+TYPE\s+PROTOCOL/);
  await runTool(stage, 'FeatureCommand', ['describe']);
  const group = ['--group-id', stage.name('group'), '--reset-policy', 'earliest', '--max-messages', '20'];
  const told = await runTool(stage, 'VerifiableConsumer', ['--topic', topic, ...group]);
  match(told, /"name":"offsets_committed".*"success":true/);
  match(told, /"partitions_revoked"/);
}

export const consoleTools: readonly Feature[] = section('Console tools', {
  'kafka-topics': topics,
  'kafka-configs': configs,
  'kafka-console-producer, kafka-console-consumer': produceAndConsume,
  'kafka-consumer-groups': { run: consumerGroups, isLong: true },
  'kafka-get-offsets, kafka-delete-records, kafka-log-dirs': offsetsAndRecords,
  'kafka-broker-api-versions, kafka-cluster, kafka-groups, kafka-verifiable-consumer': clusterAndVersions,
});

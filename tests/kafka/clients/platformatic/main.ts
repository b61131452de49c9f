/** @platformatic/kafka, driven by the rig: see `operations.ts`. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Admin, Consumer, Producer } from '@platformatic/kafka';
import type { BaseOptions, Message, MessageToProduce } from '@platformatic/kafka';
import type { From, ReadRecord, WireRecord } from '../../operations.ts';
import { aborted, base64, bytes, cannot, sendNumbers, serveLines } from '../line-server.ts';
import type { Session } from '../line-server.ts';
import { logIn } from './login.ts';
import { transferWith } from './transfer.ts';

const base: BaseOptions = {
  clientId: 'rig-platformatic',
  bootstrapBrokers: [process.argv[2] ?? '127.0.0.1:9092'],
  autocreateTopics: false,
  // Seconds are enough to learn that something does not pass.
  retries: 5,
  retryDelay: 100,
};
/** For what has to last through a broker that is gone for a while. */
const patient: BaseOptions = { ...base, retries: 1000 };
const latest = -1n;
const earliest = -2n;
const topicResource = 2;
const brokerResource = 4;
const setConfig = 0;

const admin = new Admin(base);
let names = 0;

function toMessage(topic: string, { partition, key, value, headers, timestampMs }: WireRecord): MessageToProduce {
  return {
    topic,
    partition,
    timestamp: BigInt(timestampMs),
    headers: new Map(headers.map(([name, header]) => [Buffer.from(name), bytes(header)])),
    ...(key !== null && { key: bytes(key) }),
    ...(value !== null && { value: bytes(value) }),
  };
}

function fromMessage({ partition, offset, key, value, headerEntries, timestamp }: Message): ReadRecord {
  return {
    partition,
    offset: Number(offset),
    key: base64(key),
    value: base64(value),
    headers: headerEntries.map(([name, header]) => [name.toString(), base64(header) ?? '']),
    timestampMs: Number(timestamp),
  };
}

async function offsetAt(topic: string, partition: number, at: From): Promise<bigint> {
  if (typeof at === 'object' && 'offset' in at) return BigInt(at.offset);
  const timestamp = at === 'start' ? earliest : at === 'end' ? latest : BigInt(at.timeMs);
  const [found] = await admin.listOffsets({
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }],
  });
  return found!.partitions[0]!.offset;
}

async function describe(
  resourceType: 2 | 4,
  resourceName: string,
): Promise<{ configs: Record<string, string | null> }> {
  const [found] = await admin.describeConfigs({ resources: [{ resourceType, resourceName, configurationKeys: null }] });
  return { configs: Object.fromEntries(found!.configs.map(({ name, value }) => [name, value ?? null])) };
}

async function read(o: {
  topic: string;
  partition: number;
  from: From;
  count: number;
}): Promise<{ records: ReadRecord[] }> {
  const groupId = `platformatic-reads-${process.pid}-${(names += 1)}`;
  const consumer = new Consumer({ ...base, groupId, maxWaitTime: 500 });
  const { topic, partition, from, count } = o;
  try {
    const place =
      typeof from === 'object'
        ? { mode: 'manual' as const, offsets: [{ topic, partition, offset: await offsetAt(topic, partition, from) }] }
        : { mode: from === 'start' ? ('earliest' as const) : ('latest' as const) };
    const stream = await consumer.consume({ topics: [topic], autocommit: false, ...place });
    const records: ReadRecord[] = [];
    for await (const message of stream) {
      if (message.partition === partition) records.push(fromMessage(message));
      if (records.length === count) break;
    }
    return { records };
  } finally {
    await consumer.close(true);
    await admin.deleteGroups({ groups: [groupId] }).catch(() => undefined);
  }
}

async function runMember(
  consumer: Consumer,
  { topic, commits }: { readonly topic: string; readonly commits: boolean },
  session: Session,
): Promise<void> {
  const tellAssigned = (): void =>
    session.tell('assigned', {
      partitions: consumer.assignments?.find((each) => each.topic === topic)?.partitions ?? [],
    });
  consumer.on('consumer:group:join', tellAssigned);
  const failed = Promise.withResolvers<never>();
  const stream = await consumer.consume({
    topics: [topic],
    autocommit: false,
    mode: 'committed',
    fallbackMode: 'earliest',
  });
  stream.on('error', (error) => failed.reject(error));
  stream.on('data', (message) => {
    const committed = commits ? Promise.resolve(message.commit()) : Promise.resolve();
    // A commit may fail in a rebalance; whoever has the partition then reads the record again.
    void committed
      .catch((error: unknown) => console.error(error))
      .then(() => session.tell('records', { records: [fromMessage(message)] }));
  });
  await Promise.race([aborted(session.signal), failed.promise]);
  await stream.close();
}

serveLines(
  {
    hello: async () => {
      const manifest = createRequire(import.meta.resolve('@platformatic/kafka')).resolve('../package.json');
      return { version: (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version };
    },
    produce: async ({ topic, codec, acks, isIdempotent, records, transactionalId, outcome }) => {
      const producer = new Producer({
        ...base,
        idempotent: isIdempotent,
        compression: codec,
        ...(transactionalId !== undefined && { transactionalId }),
      });
      const messages = records.map((record) => toMessage(topic, record));
      try {
        if (transactionalId === undefined) await producer.send({ messages, acks });
        else {
          const transaction = await producer.beginTransaction();
          await transaction.send({ messages });
          await (outcome === 'abort' ? transaction.abort() : transaction.commit());
        }
        return {};
      } finally {
        await producer.close(true);
      }
    },
    consume: read,
    member: async ({ group, topic, sessionTimeoutMs, commits, instanceId }, session) => {
      const consumer = new Consumer({
        ...patient,
        groupId: group,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: Math.max(10_000, sessionTimeoutMs),
        heartbeatInterval: Math.min(1000, sessionTimeoutMs / 4),
        maxWaitTime: 500,
        ...(instanceId !== undefined && { groupInstanceId: instanceId }),
      });
      try {
        await runMember(consumer, { topic, commits }, session);
      } finally {
        await consumer.close(true);
      }
      return {};
    },
    transfer: transferWith(base),
    load: async ({ topic, isIdempotent, partitions }, session) => {
      const producer = new Producer({ ...patient, idempotent: isIdempotent });
      try {
        return await sendNumbers({ partitions, session }, (partition, values) =>
          producer.send({
            acks: -1,
            messages: values.map((value) => ({ topic, partition, value: Buffer.from(value) })),
          }),
        );
      } finally {
        await producer.close(true);
      }
    },
    login: logIn,
    describeCluster: async () => {
      const { id, brokers } = await admin.metadata({ topics: [], forceUpdate: true });
      return { clusterId: id, brokers: brokers.size };
    },
    listTopics: async () => ({ topics: await admin.listTopics() }),
    createTopic: async ({ topic, partitions, configs }) => {
      const entries = Object.entries(configs).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: entries });
      return {};
    },
    describeTopic: async ({ topic }) => {
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
      return { partitions: topics.get(topic)!.partitionsCount };
    },
    deleteTopic: async ({ topic }) => {
      await admin.deleteTopics({ topics: [topic] });
      return {};
    },
    createPartitions: async ({ topic, count }) => {
      await admin.createPartitions({ topics: [{ name: topic, count }] });
      return {};
    },
    deleteRecords: async ({ topic, partition, before }) => {
      await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition, offset: BigInt(before) }] }] });
      return {};
    },
    describeConfigs: ({ topic }) => describe(topicResource, topic),
    describeBrokerConfigs: async () => {
      const { brokers } = await admin.metadata({ topics: [] });
      return await describe(brokerResource, String([...brokers.keys()][0]));
    },
    alterConfig: async ({ topic, name, value }) => {
      const configs = [{ name, value, configOperation: setConfig }] as const;
      await admin.incrementalAlterConfigs({
        resources: [{ resourceType: topicResource, resourceName: topic, configs: [...configs] }],
      });
      return {};
    },
    listOffset: async ({ topic, partition, at }) => ({ offset: Number(await offsetAt(topic, partition, at)) }),
    listGroups: async () => ({ groups: [...(await admin.listGroups()).keys()] }),
    describeGroup: async ({ group, topic }) => {
      const found = (await admin.describeGroups({ groups: [group] })).get(group)!;
      const partitions = [...found.members.values()].flatMap(
        ({ assignments }) => assignments?.get(topic)?.partitions ?? [],
      );
      return { state: found.state, members: found.members.size, partitions: partitions.toSorted((a, b) => a - b) };
    },
    deleteGroup: async ({ group }) => {
      await admin.deleteGroups({ groups: [group] });
      return {};
    },
    committed: async ({ group, topic }) => {
      const [found] = await admin.listConsumerGroupOffsets({ groups: [group] });
      const known = found!.topics.find(({ name }) => name === topic)?.partitions ?? [];
      return { offsets: Object.fromEntries(known.map((each) => [each.partitionIndex, Number(each.committedOffset)])) };
    },
    resetOffset: async ({ group, topic, partition, offset }) => {
      const topics = [{ name: topic, partitionOffsets: [{ partition, offset: BigInt(offset) }] }];
      await admin.alterConsumerGroupOffsets({ groupId: group, topics });
      return {};
    },
    deleteOffset: async ({ group, topic, partition }) => {
      await admin.deleteConsumerGroupOffsets({
        groupId: group,
        topics: [{ name: topic, partitionIndexes: [partition] }],
      });
      return {};
    },
    streams: cannot('@platformatic/kafka has no streams'),
    connect: cannot('@platformatic/kafka has no connectors'),
    tool: cannot('@platformatic/kafka has no console tools'),
  },
  codeOf,
);

/** The deepest one says what the broker said. */
function codeOf(error: unknown): string {
  const { errors, cause, apiId, code } = error as {
    errors?: unknown[];
    cause?: unknown;
    apiId?: string;
    code?: string;
  };
  if (apiId !== undefined) return apiId;
  const inner = errors?.map(codeOf).find((each) => each !== '') ?? (cause === undefined ? '' : codeOf(cause));
  return inner === '' ? (code ?? '') : inner;
}

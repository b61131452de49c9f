/** kafkajs, driven by the rig: see `operations.ts`. */
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import type {
  CompressionTypes as KafkaCompression,
  ConfigResourceTypes as ResourceType,
  Consumer,
  EachBatchPayload,
  KafkaMessage,
  Message,
} from 'kafkajs';
import lz4 from 'lz4-napi';
import snappy from 'snappy';
import type { Codec, From, ReadRecord, WireRecord } from '../../operations.ts';
import { aborted, base64, bytes, Cannot, cannot, sendNumbers, serveLines } from '../line-server.ts';
import type { Session } from '../line-server.ts';
import { logIn } from './login.ts';
import { transferWith } from './transfer.ts';

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs;
const bootstrap = process.argv[2] ?? '127.0.0.1:9092';

const kafka = new Kafka({
  clientId: 'rig-kafkajs',
  brokers: [bootstrap],
  logLevel: logLevel.ERROR,
  retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 8 },
});
/** For what has to last through a broker that is gone for a while. */
const patient = new Kafka({
  clientId: 'rig-kafkajs',
  brokers: [bootstrap],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 1000 },
});

const compression: Readonly<Record<Codec, KafkaCompression>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};
bringCodecs();

/** kafkajs has gzip, and leaves the others to its users: this is how the packages that are at hand are put in. */
function bringCodecs(): void {
  const codecs = CompressionCodecs as unknown as Record<number, () => unknown>;
  codecs[CompressionTypes.GZIP] = codec(gzipSync, gunzipSync);
  codecs[CompressionTypes.Snappy] = codec(
    (input) => snappy.compressSync(input),
    (input) => snappy.uncompressSync(input, { asBuffer: true }) as Buffer,
  );
  codecs[CompressionTypes.LZ4] = codec(
    (input) => lz4.compressFrameSync(input),
    (input) => lz4.decompressFrameSync(input),
  );
  codecs[CompressionTypes.ZSTD] = codec(zstdCompressSync, zstdDecompressSync);
}

function codec(compress: (input: Buffer) => Buffer, decompress: (input: Buffer) => Buffer): () => unknown {
  return () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => compress(buffer),
    decompress: async (buffer: Buffer) => decompress(buffer),
  });
}

const admin = kafka.admin();
const connected = admin.connect();
let names = 0;

function toMessage({ partition, key, value, headers, timestampMs }: WireRecord): Message {
  const grouped: Record<string, Buffer[]> = {};
  for (const [name, header] of headers) (grouped[name] ??= []).push(bytes(header));
  return {
    partition,
    key: key === null ? null : bytes(key),
    value: value === null ? null : bytes(value),
    headers: grouped,
    timestamp: String(timestampMs),
  };
}

function fromMessage(message: KafkaMessage, partition: number): ReadRecord {
  const headers = Object.entries(message.headers ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? '']).map((each) => [name, base64(Buffer.from(each)) ?? ''] as const),
  );
  return {
    partition,
    offset: Number(message.offset),
    key: base64(message.key),
    value: base64(message.value),
    headers,
    timestampMs: Number(message.timestamp),
  };
}

/** kafkajs reads only as a member of a group. Runs until `isEnough`. */
async function readAs(
  consumer: Consumer,
  topic: string,
  { fromBeginning, place }: { readonly fromBeginning: boolean; readonly place?: (consumer: Consumer) => void },
  take: (batch: EachBatchPayload) => Promise<void>,
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning });
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: true, eachBatch: take });
  place?.(consumer);
}

async function offsetAt(topic: string, partition: number, at: From): Promise<number> {
  if (typeof at === 'object' && 'offset' in at) return at.offset;
  if (typeof at === 'object') {
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, at.timeMs);
    return Number(found.find((each) => each.partition === partition)!.offset);
  }
  const found = (await admin.fetchTopicOffsets(topic)).find((each) => each.partition === partition)!;
  return Number(at === 'start' ? found.low : found.high);
}

async function consume(
  { topic, partition, from, count }: { topic: string; partition: number; from: From; count: number },
  group = `kafkajs-reads-${process.pid}-${(names += 1)}`,
): Promise<{ records: ReadRecord[] }> {
  const consumer = kafka.consumer({ groupId: group });
  const records: ReadRecord[] = [];
  const enough = Promise.withResolvers<undefined>();
  consumer.on(consumer.events.CRASH, ({ payload }) => enough.reject(payload.error));
  const seekTo = typeof from === 'object' ? await offsetAt(topic, partition, from) : null;
  try {
    await readAs(
      consumer,
      topic,
      {
        fromBeginning: from !== 'end',
        ...(seekTo !== null && { place: () => consumer.seek({ topic, partition, offset: String(seekTo) }) }),
      },
      async ({ batch }) => {
        if (batch.partition !== partition) return;
        for (const message of batch.messages) {
          if (records.length < count) records.push(fromMessage(message, partition));
        }
        if (records.length >= count) enough.resolve(undefined);
      },
    );
    await enough.promise;
    return { records };
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([group]).catch(() => undefined);
  }
}

serveLines(
  {
    hello: async () => {
      await connected;
      const manifest = createRequire(import.meta.url).resolve('kafkajs/package.json');
      return { version: (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version };
    },
    produce: async ({ topic, codec: name, acks, isIdempotent, records, transactionalId, outcome }) => {
      const producer = kafka.producer({
        allowAutoTopicCreation: false,
        idempotent: isIdempotent || transactionalId !== undefined,
        ...(transactionalId !== undefined && { transactionalId, maxInFlightRequests: 1 }),
      });
      await producer.connect();
      try {
        const batch = { topic, acks, compression: compression[name], messages: records.map(toMessage) };
        if (transactionalId === undefined) await producer.send(batch);
        else {
          const transaction = await producer.transaction();
          await transaction.send(batch);
          await (outcome === 'abort' ? transaction.abort() : transaction.commit());
        }
        return {};
      } finally {
        await producer.disconnect();
      }
    },
    consume: (args) => consume(args),
    member: async ({ group, topic, sessionTimeoutMs, commits, instanceId }, session) => {
      if (instanceId !== undefined) throw new Cannot('kafkajs has no static members');
      const consumer = kafka.consumer({
        groupId: group,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: 10_000,
        heartbeatInterval: Math.min(1000, sessionTimeoutMs / 4),
        maxWaitTimeInMs: 500,
      });
      await runMember(consumer, { topic, commits }, session);
      return {};
    },
    transfer: transferWith(kafka),
    load: async ({ topic, isIdempotent, partitions }, session) => {
      const producer = patient.producer({
        allowAutoTopicCreation: false,
        idempotent: isIdempotent,
        maxInFlightRequests: isIdempotent ? 1 : 5,
      });
      await producer.connect();
      try {
        return await sendNumbers({ partitions, session }, (partition, values) =>
          producer.send({ topic, acks: -1, messages: values.map((value) => ({ partition, value })) }),
        );
      } finally {
        await producer.disconnect();
      }
    },
    login: logIn,
    describeCluster: async () => {
      const { clusterId, brokers } = await admin.describeCluster();
      return { clusterId, brokers: brokers.length };
    },
    listTopics: async () => ({ topics: await admin.listTopics() }),
    createTopic: async ({ topic, partitions, configs }) => {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
      const isNew = await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] });
      if (!isNew) throw new Error('the topic exists');
      return {};
    },
    describeTopic: async ({ topic }) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return { partitions: topics[0]!.partitions.length };
    },
    deleteTopic: async ({ topic }) => {
      await admin.deleteTopics({ topics: [topic] });
      return {};
    },
    createPartitions: async ({ topic, count }) => {
      await admin.createPartitions({ topicPartitions: [{ topic, count }] });
      return {};
    },
    deleteRecords: async ({ topic, partition, before }) => {
      // It looks for the leader in what it happens to know of topics, and asks for this one only afterwards.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] });
      return {};
    },
    describeConfigs: ({ topic }) => describe(ConfigResourceTypes.TOPIC, topic),
    describeBrokerConfigs: async () => {
      const { brokers } = await admin.describeCluster();
      return await describe(ConfigResourceTypes.BROKER, String(brokers[0]!.nodeId));
    },
    alterConfig: async ({ topic, name, value }) => {
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] }],
      });
      return {};
    },
    listOffset: async ({ topic, partition, at }) => ({ offset: await offsetAt(topic, partition, at) }),
    listGroups: async () => ({ groups: (await admin.listGroups()).groups.map(({ groupId }) => groupId) }),
    describeGroup: async ({ group, topic }) => {
      const [found] = (await admin.describeGroups([group])).groups;
      const partitions = found!.members.flatMap(
        ({ memberAssignment }) =>
          kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? [],
      );
      return {
        state: found!.state,
        members: found!.members.length,
        partitions: partitions.toSorted((a, b) => a - b),
      };
    },
    deleteGroup: async ({ group }) => {
      await admin.deleteGroups([group]);
      return {};
    },
    committed: async ({ group, topic }) => {
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const known = found!.partitions.filter(({ offset }) => Number(offset) >= 0);
      return { offsets: Object.fromEntries(known.map(({ partition, offset }) => [partition, Number(offset)])) };
    },
    resetOffset: async ({ group, topic, partition, offset }) => {
      await admin.setOffsets({ groupId: group, topic, partitions: [{ partition, offset: String(offset) }] });
      return {};
    },
    deleteOffset: cannot('kafkajs has no OffsetDelete'),
    streams: cannot('kafkajs has no streams'),
    connect: cannot('kafkajs has no connectors'),
    tool: cannot('kafkajs has no console tools'),
  },
  (error) => {
    const { type, name, cause } = error as { type?: string; name?: string; cause?: { type?: string } };
    return type ?? cause?.type ?? name ?? '';
  },
);

async function describe(type: ResourceType, name: string): Promise<{ configs: Record<string, string | null> }> {
  const { resources } = await admin.describeConfigs({ includeSynonyms: true, resources: [{ type, name }] });
  return {
    configs: Object.fromEntries(
      resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    ),
  };
}

async function runMember(
  consumer: Consumer,
  { topic, commits }: { readonly topic: string; readonly commits: boolean },
  session: Session,
): Promise<void> {
  const crashed = Promise.withResolvers<undefined>();
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    session.tell('assigned', { partitions: payload.memberAssignment[topic] ?? [] }),
  );
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) crashed.reject(payload.error);
  });
  await readAs(consumer, topic, { fromBeginning: true }, async ({ batch }) => {
    const offset = String(Number(batch.lastOffset()) + 1);
    if (commits) await consumer.commitOffsets([{ topic, partition: batch.partition, offset }]);
    session.tell('records', { records: batch.messages.map((message) => fromMessage(message, batch.partition)) });
  });
  try {
    await Promise.race([aborted(session.signal), crashed.promise]);
  } finally {
    await consumer.disconnect();
  }
}

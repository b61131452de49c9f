import { randomFillSync } from 'node:crypto';
import { setTimeout as timer } from 'node:timers/promises';
import { encodeBatch, Fetch, Produce } from '@q/protocol';
import { fetch } from '../../packages/kafka-gateway/src/messages/fetch.ts';
import { KafkaConnection } from '../kafka-connection.ts';
import { WireConnection } from '../wire-connection.ts';
import type { WirePartition } from '../wire-connection.ts';
import { bomb, damagedBomb, lyingBomb } from './bombs.ts';
import { closeAll, HostileSocket, openMany } from './hostile-socket.ts';
import type { Ports } from './tongue.ts';

/** What the kinds of hostile clients share. */
export interface Crowd {
  readonly ports: Ports;
  /** Aborted when it is enough. */
  readonly signal: AbortSignal;
  /** Something was done to the broker, or came of it. */
  readonly did: (what: string, times?: number) => void;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/*
 * Rates, all together. They are what one machine can do while two cores are shared by the broker, the honest client and
 * all of these; with more, the cores themselves are what gives way.
 */
const trickling = { connections: 100, everyMs: 1000 };
const stopped = { connections: 20, fetches: 100 };
const flooding = { connections: 5, everyMs: 100 };
const garbage = { connections: 5, everyMs: 100 };
const halfSent = { connections: 8, bytes: 900 * KiB };
const bombing = { connections: 8, everyMs: 8000 };
const growing = { connections: 10, everyMs: 200, bytes: 256 * KiB };
const polling = { connections: 10, polls: 100, partitions: 100 };

/** They say hello and nothing more. */
export async function openIdle(ports: Ports, count: number): Promise<HostileSocket[]> {
  return openMany(count, (number) => greeted(ports, number));
}

/** Each goes on until the signal, and leaves nothing open. */
export const hostileKinds: readonly ((crowd: Crowd) => Promise<void>)[] = [
  trickle,
  stopReading,
  flood,
  sendGarbage,
  sendHalf,
  sendBombs,
  sendGrowing,
  pollLong,
  pollLongOverKafka,
];

/** A frame that comes a byte a second. */
async function trickle({ ports, signal, did }: Crowd): Promise<void> {
  await keepUp(trickling.connections, { ports, signal }, async (socket) => {
    const frame = socket.tongue.topicsRequest(['a-topic-with-a-name-that-takes-a-while-to-spell'.repeat(4)]);
    for (let at = 0; at < frame.length - 1 && !socket.isGone && !signal.aborted; at += 1) {
      socket.write(frame.subarray(at, at + 1));
      did('bytes trickled');
      await pause(trickling.everyMs, signal);
    }
  });
}

/** They ask for a lot and take none of it. */
async function stopReading({ ports, signal, did }: Crowd): Promise<void> {
  await using filler = await WireConnection.open(`q://127.0.0.1:${ports.native}`);
  const to = await filler.createTopic('hostile-large');
  for (let number = 0; number < 16; number += 1)
    await filler.produce(to, encodeBatch([{ value: Buffer.alloc(256 * KiB, 'x') }]));
  await keepUp(stopped.connections, { ports, signal }, async (socket) => {
    const request = socket.tongue.fetchRequest({ name: 'hostile-large', topicId: to.topicId }, 512 * KiB);
    socket.stopReading();
    for (let number = 0; number < stopped.fetches; number += 1) socket.write(request);
    did('fetches not taken', stopped.fetches);
    // A paused socket does not tell that the broker has hung up.
    await pause(10_000, signal);
  });
}

/** They come, begin to say hello, and go. */
async function flood({ ports, signal, did }: Crowd): Promise<void> {
  await every(flooding, signal, async (number) => {
    const socket = new HostileSocket(ports, number);
    if (await socket.opened()) socket.write(Buffer.from([0, 0, 0, 35, 0]));
    if (number % 2 === 0) socket.socket.end();
    else socket.socket.resetAndDestroy();
    await socket.close();
    did('connections of the flood');
  });
}

/** Absurd lengths, absurd counts, and noise. */
async function sendGarbage({ ports, signal, did }: Crowd): Promise<void> {
  await every(garbage, signal, async (number) => {
    const socket = await greeted(ports, number);
    const noise = randomFillSync(Buffer.alloc(4 * KiB));
    if (number % 3 === 0) noise.writeUInt32BE(0xffff_ffff);
    if (number % 3 === 1) noise.writeUInt32BE(noise.length - 4);
    socket.write(number % 3 === 2 ? socket.tongue.absurdCount(1) : noise);
    await Promise.race([socket.gone, pause(5_000, signal)]);
    await socket.close();
    did('garbage frames');
  });
}

/** Large frames of which the rest never comes. */
async function sendHalf({ ports, signal, did }: Crowd): Promise<void> {
  const bytes = Buffer.alloc(halfSent.bytes);
  bytes.writeUInt32BE(halfSent.bytes + 50 * KiB, 0);
  await keepUp(halfSent.connections, { ports, signal }, async (socket) => {
    socket.write(bytes);
    did('half-sent frames');
    await Promise.race([socket.gone, untilAborted(signal)]);
  });
}

/** A little that becomes as much as is allowed, or more, or lies about it, or is damaged at its end. */
async function sendBombs(crowd: Crowd): Promise<void> {
  const [allowed, tooMuch] = [bomb(60 * MiB), bomb(80 * MiB)];
  const batches = [
    allowed,
    lyingBomb(tooMuch, 100),
    lyingBomb(tooMuch, 60 * MiB),
    damagedBomb(allowed),
    tooMuch,
    manyRecords(),
    manyHeaders(),
    bomb(6 * MiB),
  ];
  await produceOverAndOver(crowd, { ...bombing, what: 'bombs', batches });
}

/** A few hundred bytes, again and again, each of which becomes a quarter of a megabyte. */
async function sendGrowing(crowd: Crowd): Promise<void> {
  const value = Buffer.alloc(growing.bytes);
  const batches = (['gzip', 'snappy', 'lz4', 'zstd'] as const).map((codec) => encodeBatch([{ value }], { codec }));
  await produceOverAndOver(crowd, { ...growing, what: 'batches that grow', batches });
}

/** Long polls of many partitions, more than the broker holds; what comes back is asked again a second later. */
async function pollLong({ ports, signal, did }: Crowd): Promise<void> {
  const partitions = Array.from({ length: polling.partitions }, () => ({
    partition: 0,
    leaderEpoch: -1,
    fetchOffset: 0,
    maxBytes: KiB,
  }));
  await inParallel(polling.connections, async (number) => {
    await using connection = await WireConnection.open(`q://127.0.0.1:${ports.native}`);
    const { topicId } = await connection.createTopic(`hostile-polls-${number}`);
    await inParallel(polling.polls, async () => {
      while (!signal.aborted) {
        // At the end the connection is closed under it.
        const answer = connection
          .call(Fetch, {
            maxWaitMs: 60_000,
            minBytes: 1,
            maxBytes: MiB,
            isolation: 0,
            throttleWaitMs: -1,
            topics: [{ topicId, partitions }],
          })
          .catch(() => undefined);
        await Promise.race([answer, untilAborted(signal)]);
        did('long polls');
        await pause(1000, signal);
      }
    });
  });
}

/**
 * The same at the Kafka door, where a connection has one poll at a time: they are left in the midst, with requests
 * behind them that wait for their turn.
 */
async function pollLongOverKafka({ ports, signal, did }: Crowd): Promise<void> {
  await using maker = await KafkaConnection.open(ports.kafka);
  await maker.createTopic('hostile-kafka-polls');
  const partitions = Array.from({ length: polling.partitions }, () => ({
    partition: 0,
    fetchOffset: 0,
    partitionMaxBytes: KiB,
  }));
  const topics = [{ topic: 'hostile-kafka-polls', partitions }];
  const query = { maxWaitMs: 60_000, minBytes: 1, maxBytes: MiB, isolationLevel: 0, topics };
  await every({ connections: polling.connections, everyMs: 1000 }, signal, async () => {
    await using connection = await KafkaConnection.open(ports.kafka);
    // Closed under them, all of them end.
    const polls = Array.from({ length: 10 }, () => connection.ask(fetch, 12, query).catch(() => undefined));
    did('long polls over Kafka', polls.length);
    await pause(500, signal);
  });
}

/** A million records of no bytes, in some kilobytes. */
function manyRecords(): Buffer {
  return encodeBatch(
    Array.from({ length: 1_000_000 }, () => ({ value: null })),
    { codec: 'zstd' },
  );
}

/** Records of as many headers as fit. */
function manyHeaders(): Buffer {
  const headers = Array.from({ length: 400_000 }, () => ({ key: '', value: null }));
  return encodeBatch(
    Array.from({ length: 8 }, () => ({ value: null, headers })),
    { codec: 'zstd' },
  );
}

async function produceOverAndOver(
  crowd: Crowd,
  o: { connections: number; everyMs: number; what: string; batches: readonly Buffer[] },
): Promise<void> {
  const { ports, signal, did } = crowd;
  const url = `q://127.0.0.1:${ports.native}`;
  await using maker = await WireConnection.open(url);
  const topic = `hostile-${o.what.replaceAll(' ', '-')}`;
  const to = await maker.createTopic(topic, {
    'retention.bytes': String(64 * MiB),
    'segment.bytes': String(16 * MiB),
  });
  await inParallel(o.connections, async (lane) => {
    await using native = await WireConnection.open(url);
    await using kafka = await KafkaConnection.open(ports.kafka);
    await every({ connections: 1, everyMs: o.everyMs }, signal, async (number) => {
      const batch = o.batches[(lane + number) % o.batches.length]!;
      const isNative = number % 2 === 0;
      const code = await (isNative ? produceOne(native, to, batch) : produceOverKafka(kafka, topic, batch));
      did(code === 0 ? `${o.what} stored` : `${o.what} refused`);
    });
  });
}

async function produceOverKafka(connection: KafkaConnection, topic: string, records: Buffer): Promise<number> {
  return (await connection.produce(topic, records)).errorCode;
}

async function produceOne(connection: WireConnection, to: WirePartition, records: Buffer): Promise<number> {
  const partitions = [{ partition: to.partition, leaderEpoch: -1, records }];
  const { topics } = await connection.call(Produce, {
    timeoutMs: 60_000,
    traceContexts: [],
    topics: [{ topicId: to.topicId, partitions }],
  });
  return topics[0]!.partitions[0]!.errorCode;
}

async function greeted(ports: Ports, number: number): Promise<HostileSocket> {
  const socket = new HostileSocket(ports, number);
  await socket.hello();
  return socket;
}

/** So many connections at all times: each that is done, or hung up on, is followed by another. */
async function keepUp(
  count: number,
  { ports, signal }: { ports: Ports; signal: AbortSignal },
  use: (socket: HostileSocket) => Promise<void>,
): Promise<void> {
  await inParallel(count, async (number) => {
    while (!signal.aborted) {
      const socket = await greeted(ports, number);
      await use(socket);
      await closeAll([socket]);
    }
  });
}

/** In as many lanes as connections: does something, and waits for the rest of its time. */
async function every(
  rate: { connections: number; everyMs: number },
  signal: AbortSignal,
  run: (number: number) => Promise<void>,
): Promise<void> {
  await inParallel(rate.connections, async (lane) => {
    for (let number = lane; !signal.aborted; number += rate.connections) {
      const startedAt = performance.now();
      await run(number);
      await pause(Math.max(1, rate.everyMs - (performance.now() - startedAt)), signal);
    }
  });
}

async function inParallel(count: number, run: (number: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, number) => run(number)));
}

async function pause(timeMs: number, signal: AbortSignal): Promise<void> {
  await timer(timeMs, undefined, { signal }).catch(() => undefined);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

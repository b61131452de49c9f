import { setTimeout as pause } from 'node:timers/promises';
import { encodeBatch, Produce, Stats } from '@q/protocol';
import { KafkaConnection } from '../kafka-connection.ts';
import { WireConnection } from '../wire-connection.ts';
import type { WirePartition } from '../wire-connection.ts';
import { bomb, lyingBomb } from './bombs.ts';
import { closeAll, HostileSocket, openMany } from './hostile-socket.ts';
import type { Ports } from './tongue.ts';

/** So many connections, each to one of the broker's doors. */
interface Abuse {
  readonly ports: Ports;
  readonly count: number;
}

/** What is done to a broker. `count` connections, more or less, do it. */
export interface Scenario {
  readonly name: string;
  /** What they all want of it at once. Returns what was seen that must not be. */
  readonly abuse: (o: Abuse) => Promise<string[]>;
  /**
   * What the broker may hold for it beside its budgets, which are set small: memory of a connection, one large batch.
   */
  readonly extraBytes: (count: number) => number;
  /** A share of the connections that the idle ones get. */
  readonly share: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;
/** Waiting for the broker's own time limits, which are set short; generous, as the machine is shared. */
const limitMsMax = 30_000;
/** Of the two honest clients, and of who asks for the number. */
const honestConnections = 3;
const longName = 'a-topic-with-a-name-that-takes-a-while-to-spell'.repeat(4);

export const scenarios: readonly Scenario[] = [
  { name: 'idle connections', share: 1, abuse: idle, extraBytes: (count) => count * 40 * KiB },
  { name: 'connection flood', share: 0.5, abuse: flood, extraBytes: () => 32 * MiB },
  { name: 'a byte at a time', share: 0.05, abuse: drip, extraBytes: () => 16 * MiB },
  { name: 'lengths of nothing', share: 0.1, abuse: absurdLengths, extraBytes: () => 16 * MiB },
  { name: 'half-sent frames', share: 0.02, abuse: halfSent, extraBytes: () => 16 * MiB },
  { name: 'counts beyond the bytes', share: 0.1, abuse: absurdCounts, extraBytes: () => 16 * MiB },
  { name: 'readers that stop', share: 0.02, abuse: stoppedReaders, extraBytes: () => 32 * MiB },
  { name: 'all at once', share: 0.2, abuse: allAtOnce, extraBytes: (count) => count * 40 * KiB + 3 * 64 * MiB },
  { name: 'bombs', share: 0.02, abuse: bombs, extraBytes: () => 3 * 64 * MiB },
];

/** They say hello and nothing more. All must be kept, as they do no harm. */
async function idle({ ports, count }: Abuse): Promise<string[]> {
  const sockets = await openMany(count, async (number) => {
    const socket = new HostileSocket(ports, number);
    await socket.hello();
    return socket;
  });
  const lost = sockets.filter((socket) => socket.isGone || socket.receivedBytes === 0).length;
  await closeAll(sockets);
  return lost === 0 ? [] : [`${lost} of ${count} idle connections were not kept`];
}

/** They come and go, in the midst of a hello or before it. */
async function flood({ ports, count }: Abuse): Promise<string[]> {
  await openMany(count, async (number) => {
    const socket = new HostileSocket(ports, number);
    if (await socket.opened()) socket.write(Buffer.from([0, 0, 0, 35, 0]));
    if (number % 2 === 0) socket.socket.end();
    else socket.socket.resetAndDestroy();
    await socket.gone;
    return socket;
  });
  return [];
}

/** A frame that comes byte by byte, without end in sight: the broker hangs up when the time for a frame is over. */
async function drip({ ports, count }: Abuse): Promise<string[]> {
  const sockets = await helloed(ports, count);
  const frames = sockets.map(({ tongue }) => tongue.topicsRequest([longName]));
  const bytes = Math.min(...frames.map(({ length }) => length)) - 1;
  for (let at = 0; at < bytes && sockets.some((socket) => !socket.isGone); at += 1) {
    for (const [index, socket] of sockets.entries()) socket.write(frames[index]!.subarray(at, at + 1));
    await pause(50);
  }
  return hungUp(sockets, 'senders of a byte at a time');
}

/** Lengths that no frame has, before hello and after it: refused, and nothing is allocated for them. */
async function absurdLengths({ ports, count }: Abuse): Promise<string[]> {
  const lengths = [0xffff_ffff, 0x7fff_ffff, 0x8000_0000, 17 * MiB, 0, 1, 5];
  const sockets = await openMany(count, async (number) => {
    const socket = new HostileSocket(ports, number);
    if (number % 4 < 2) await socket.hello();
    const length = Buffer.alloc(64);
    length.writeUInt32BE(lengths[number % lengths.length]!, 0);
    socket.write(length);
    return socket;
  });
  return hungUp(sockets, 'senders of absurd lengths');
}

/**
 * Large frames of which nearly all comes and the rest never, more of them than the broker's budget holds: it stops
 * reading, and gives one after the other the room and the time to complete its frame.
 */
async function halfSent({ ports, count }: Abuse): Promise<string[]> {
  const sockets = await helloed(ports, count);
  const bytes = Buffer.alloc(900 * KiB);
  bytes.writeUInt32BE(950 * KiB, 0);
  for (const socket of sockets) socket.write(bytes);
  const isOneGone = await within(limitMsMax, Promise.race(sockets.map(({ gone }) => gone)));
  await closeAll(sockets);
  return isOneGone ? [] : [`none of ${count} senders of half a frame was hung up on in ${limitMsMax} ms`];
}

/** Arrays and strings that say they are longer than the frame: refused at once. */
async function absurdCounts({ ports, count }: Abuse): Promise<string[]> {
  const sockets = await openMany(count, async (number) => {
    const socket = new HostileSocket(ports, number);
    await socket.hello();
    socket.write(socket.tongue.absurdCount(number % 4 < 2 ? 0 : 1));
    return socket;
  });
  return hungUp(sockets, 'senders of absurd counts');
}

/** They ask for a lot, again and again, and take none of it. */
async function stoppedReaders({ ports, count }: Abuse): Promise<string[]> {
  await using filler = await WireConnection.open(`q://127.0.0.1:${ports.native}`);
  const to = await filler.createTopic('large');
  const batch = encodeBatch([{ value: Buffer.alloc(256 * KiB, 'x') }]);
  for (let number = 0; number < 16; number += 1) await filler.produce(to, batch);
  const sockets = await helloed(ports, count);
  for (const socket of sockets) {
    const fetch = socket.tongue.fetchRequest({ name: 'large', topicId: to.topicId }, 512 * KiB);
    socket.stopReading();
    for (let number = 0; number < 100; number += 1) socket.write(fetch);
  }
  // A paused socket does not tell that its peer hung up; the broker does, where only the honest clients and this one
  // are left. What waits for it to be read is bounded for all together, so they get their turns, and lose their
  // patience, by and by.
  const timeMsMax = limitMsMax + count * 300;
  let connections = Number.POSITIVE_INFINITY;
  for (
    const startedAt = performance.now();
    connections > honestConnections && performance.now() - startedAt < timeMsMax;
  ) {
    await pause(100);
    ({ connections } = await filler.call(Stats, {}));
  }
  await closeAll(sockets);
  return connections > honestConnections
    ? [`${connections - honestConnections} of ${count} readers that stopped were kept for ${Math.round(timeMsMax)} ms`]
    : [];
}

/**
 * A little that becomes more than is allowed, or just as much as is allowed. The first are refused, the others stored.
 */
async function bombs({ ports, count }: Abuse): Promise<string[]> {
  await using maker = await WireConnection.open(`q://127.0.0.1:${ports.native}`);
  const to = await maker.createTopic('bombs');
  const [allowed, tooMuch] = [bomb(60 * MiB), bomb(80 * MiB)];
  const lying = lyingBomb(tooMuch, 100);
  const wrongs: string[] = [];
  await Promise.all(
    Array.from({ length: Math.max(2, count) }, async (_, number) => {
      const isTooMuch = number % 4 !== 0;
      const batch = !isTooMuch ? allowed : number % 4 === 1 ? lying : tooMuch;
      const answer = await (number % 8 < 4 ? produceNatively(ports, to, batch) : produceOverKafka(ports, batch));
      if (isTooMuch === (answer === 0))
        wrongs.push(`a bomb ${isTooMuch ? 'beyond' : 'within'} the limit is answered with ${answer}`);
    }),
  );
  return wrongs;
}

/** The others at the same time, except those that look at how many connections are left. */
async function allAtOnce({ ports, count }: Abuse): Promise<string[]> {
  const part = { ports, count: Math.max(2, Math.ceil(count / 8)) };
  const few = { ports, count: 8 };
  const wrongs = await Promise.all([
    flood(part),
    drip(part),
    absurdLengths(part),
    absurdCounts(part),
    halfSent(part),
    bombs(few),
  ]);
  return wrongs.flat();
}

async function produceOverKafka(ports: Ports, records: Buffer): Promise<number> {
  await using connection = await KafkaConnection.open(ports.kafka);
  return (await connection.produce('bombs', records)).errorCode;
}

async function produceNatively(ports: Ports, to: WirePartition, records: Buffer): Promise<number> {
  await using connection = await WireConnection.open(`q://127.0.0.1:${ports.native}`);
  const partitions = [{ partition: to.partition, leaderEpoch: -1, records }];
  const { topics } = await connection.call(Produce, {
    timeoutMs: 60_000,
    traceContexts: [],
    topics: [{ topicId: to.topicId, partitions }],
  });
  return topics[0]!.partitions[0]!.errorCode;
}

async function helloed(ports: Ports, count: number): Promise<HostileSocket[]> {
  return openMany(count, async (number) => {
    const socket = new HostileSocket(ports, number);
    await socket.hello();
    return socket;
  });
}

/** Waits until the broker has hung up on all of them. */
async function hungUp(sockets: readonly HostileSocket[], who: string): Promise<string[]> {
  const areGone = await within(limitMsMax, Promise.all(sockets.map(({ gone }) => gone)));
  const kept = sockets.filter((socket) => !socket.isGone).length;
  await closeAll(sockets);
  return areGone ? [] : [`${kept} of ${sockets.length} ${who} were still there after ${limitMsMax} ms`];
}

async function within(timeMs: number, event: Promise<unknown>): Promise<boolean> {
  const timer = Promise.withResolvers<false>();
  const timeout = setTimeout(() => timer.resolve(false), timeMs);
  const isInTime = await Promise.race([event.then(() => true), timer.promise]);
  clearTimeout(timeout);
  return isInTime;
}

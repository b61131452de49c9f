import { setTimeout as pause } from 'node:timers/promises';
import { encodeBatch, Fetch, Metadata, Produce, Stats } from '@q/protocol';
import { WireConnection } from '../wire-connection.ts';
import type { WirePartition } from '../wire-connection.ts';
import { bomb, lyingBomb } from './bombs.ts';
import { closeAll, HostileSocket, openMany, requestBytes } from './hostile-socket.ts';

/** What is done to a broker. `count` connections, more or less, do it. */
export interface Scenario {
  readonly name: string;
  /** What they all want of it at once. Returns what was seen that must not be. */
  readonly abuse: (o: { port: number; count: number }) => Promise<string[]>;
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
async function idle({ port, count }: { port: number; count: number }): Promise<string[]> {
  const sockets = await openMany(count, async (number) => {
    const socket = new HostileSocket(port, number);
    await socket.hello();
    return socket;
  });
  const lost = sockets.filter((socket) => socket.isGone || socket.receivedBytes === 0).length;
  await closeAll(sockets);
  return lost === 0 ? [] : [`${lost} of ${count} idle connections were not kept`];
}

/** They come and go, in the midst of a hello or before it. */
async function flood({ port, count }: { port: number; count: number }): Promise<string[]> {
  await openMany(count, async (number) => {
    const socket = new HostileSocket(port, number);
    if (await socket.opened()) socket.write(Buffer.from([0, 0, 0, 35, 0]));
    if (number % 2 === 0) socket.socket.end();
    else socket.socket.resetAndDestroy();
    await socket.gone;
    return socket;
  });
  return [];
}

/** A frame that comes byte by byte, without end in sight: the broker hangs up when the time for a frame is over. */
async function drip({ port, count }: { port: number; count: number }): Promise<string[]> {
  const sockets = await helloed(port, count);
  const frame = requestBytes(Metadata, { topics: ['a-topic-with-a-name-that-takes-a-while-to-spell'.repeat(4)] });
  for (let at = 0; at < frame.length - 1 && sockets.some((socket) => !socket.isGone); at += 1) {
    for (const socket of sockets) socket.write(frame.subarray(at, at + 1));
    await pause(50);
  }
  return hungUp(sockets, 'senders of a byte at a time');
}

/** Lengths that no frame has, before hello and after it: refused, and nothing is allocated for them. */
async function absurdLengths({ port, count }: { port: number; count: number }): Promise<string[]> {
  const lengths = [0xffff_ffff, 0x7fff_ffff, 0x8000_0000, 17 * MiB, 0, 1, 5];
  const sockets = await openMany(count, async (number) => {
    const socket = new HostileSocket(port, number);
    if (number % 2 === 0) await socket.hello();
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
async function halfSent({ port, count }: { port: number; count: number }): Promise<string[]> {
  const sockets = await helloed(port, count);
  const bytes = Buffer.alloc(900 * KiB);
  bytes.writeUInt32BE(950 * KiB, 0);
  for (const socket of sockets) socket.write(bytes);
  const isOneGone = await within(limitMsMax, Promise.race(sockets.map(({ gone }) => gone)));
  await closeAll(sockets);
  return isOneGone ? [] : [`none of ${count} senders of half a frame was hung up on in ${limitMsMax} ms`];
}

/** Arrays and strings that say they are longer than the frame: refused at once. */
async function absurdCounts({ port, count }: { port: number; count: number }): Promise<string[]> {
  const body = requestBytes(Metadata, { topics: ['x'] });
  const sockets = await openMany(count, async (number) => {
    const socket = new HostileSocket(port, number);
    await socket.hello();
    // The count of topics becomes the greatest that a varint can say, or one that a million could fill.
    const counts = [
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [0xc0, 0x84, 0x3d],
    ];
    const wrong = Buffer.concat([body.subarray(0, 12), Buffer.from(counts[number % 2]!), Buffer.alloc(200, 1)]);
    wrong.writeUInt32BE(wrong.length - 4, 0);
    socket.write(wrong);
    return socket;
  });
  return hungUp(sockets, 'senders of absurd counts');
}

/** They ask for a lot, again and again, and take none of it. */
async function stoppedReaders({ port, count }: { port: number; count: number }): Promise<string[]> {
  await using filler = await WireConnection.open(`q://127.0.0.1:${port}`);
  const to = await filler.createTopic('large');
  const batch = encodeBatch([{ value: Buffer.alloc(256 * KiB, 'x') }]);
  for (let number = 0; number < 16; number += 1) await filler.produce(to, batch);
  const sockets = await helloed(port, count);
  const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset: 0, maxBytes: 512 * KiB }];
  const fetch = requestBytes(Fetch, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 512 * KiB,
    isolation: 0,
    topics: [{ topicId: to.topicId, partitions }],
  });
  for (const socket of sockets) {
    socket.stopReading();
    for (let number = 0; number < 100; number += 1) socket.write(fetch);
  }
  // A paused socket does not tell that its peer hung up; the broker does, where only the honest client and this one are
  // left. What waits for it to be read is bounded for all together, so they get their turns, and lose their patience,
  // by and by.
  const timeMsMax = limitMsMax + count * 300;
  let connections = Number.POSITIVE_INFINITY;
  for (const startedAt = performance.now(); connections > 2 && performance.now() - startedAt < timeMsMax;) {
    await pause(100);
    ({ connections } = await filler.call(Stats, {}));
  }
  await closeAll(sockets);
  return connections > 2
    ? [`${connections - 2} of ${count} readers that stopped were kept for ${Math.round(timeMsMax)} ms`]
    : [];
}

/**
 * A little that becomes more than is allowed, or just as much as is allowed. The first are refused, the others stored.
 */
async function bombs({ port, count }: { port: number; count: number }): Promise<string[]> {
  await using maker = await WireConnection.open(`q://127.0.0.1:${port}`);
  const to = await maker.createTopic('bombs');
  const [allowed, tooMuch] = [bomb(60 * MiB), bomb(80 * MiB)];
  const lying = lyingBomb(tooMuch, 100);
  const wrongs: string[] = [];
  await Promise.all(
    Array.from({ length: Math.max(2, count) }, async (_, number) => {
      await using connection = await WireConnection.open(`q://127.0.0.1:${port}`);
      const isTooMuch = number % 4 !== 0;
      const answer = await produceOne(connection, to, !isTooMuch ? allowed : number % 4 === 1 ? lying : tooMuch);
      if (isTooMuch === (answer === 0))
        wrongs.push(`a bomb ${isTooMuch ? 'beyond' : 'within'} the limit is answered with ${answer}`);
    }),
  );
  return wrongs;
}

/** The others at the same time, except those that look at how many connections are left. */
async function allAtOnce({ port, count }: { port: number; count: number }): Promise<string[]> {
  const part = { port, count: Math.max(2, Math.ceil(count / 8)) };
  const few = { port, count: 8 };
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

async function produceOne(connection: WireConnection, to: WirePartition, records: Buffer): Promise<number> {
  const partitions = [{ partition: to.partition, leaderEpoch: -1, records }];
  const { topics } = await connection.call(Produce, {
    timeoutMs: 60_000,
    topics: [{ topicId: to.topicId, partitions }],
  });
  return topics[0]!.partitions[0]!.errorCode;
}

async function helloed(port: number, count: number): Promise<HostileSocket[]> {
  return openMany(count, async (number) => {
    const socket = new HostileSocket(port, number);
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

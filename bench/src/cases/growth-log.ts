import type { Case, Sample } from '../case.ts';
import { whyNoRoom } from './disk-room.ts';
import type { CurvePoint, Percentiles } from '../measure/latencies.ts';
import { sizeName } from './size-name.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker } from '../product/broker.ts';
import { fillKillAndAck } from '../product/kill-to-first-ack.ts';
import type { RandomReadsOptions } from '../product/random-reads.ts';
import { cellsOf } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { fillFolder } from './filled-topic.ts';
import type { Filling } from './filled-topic.ts';
import { KeptFolder } from './kept-folder.ts';
import { measurePair } from './measured-pair.ts';

interface Cell {
  readonly bytes: number;
  readonly quick?: boolean;
}

interface Distribution {
  readonly percentiles: Percentiles;
  readonly curve: readonly CurvePoint[];
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const recoveryCells: readonly Cell[] = [{ bytes: 128 * MiB, quick: true }, { bytes: GiB }, { bytes: 10 * GiB }];
const readCells: readonly Cell[] = [
  { bytes: MiB },
  { bytes: 128 * MiB, quick: true },
  { bytes: GiB },
  { bytes: 10 * GiB },
];
/** Records in a file have a little more than their values, indexes come on top. */
const diskBytesPerByte = 1.2;
const topic = 'filled';
const valueBytes = 1024;
const shape = { valueBytes, isVaried: false, codec: 'none' } as const;
/** Written before each kill, more than a checkpoint of each partition may leave to recovery. */
const killedBytes = GiB;
/** As fast as a disk may be expected to be. */
const fillBytesPerMs = 150_000;

/** What the size of a log costs: to recover it after a kill, and to find a record in it. */
export function growingLogCases(context: RunContext): Case[] {
  const { profile } = context;
  return [
    ...cellsOf(recoveryCells, profile).map(({ bytes }) => recoveryCase(context, bytes)),
    ...cellsOf(readCells, profile).map(({ bytes }) => readCase(context, bytes)),
  ];
}

/**
 * Killed right after the last record, of which nobody has asked a sync: the worst case for recovery. Every round goes
 * on with the same log and writes more into it before it is killed.
 */
function recoveryCase(context: RunContext, bytes: number): Case {
  const folder = new KeptFolder(context.directory);
  const rounds = context.profile.slowRounds;
  const lastBytes = Math.min(bytes, killedBytes);
  const firstBytes = bytes - lastBytes;
  const filling = (fillBytes: number, isNew: boolean): Filling => ({
    topic,
    partitions: 12,
    shape,
    records: Math.floor(fillBytes / valueBytes),
    durability: 'os',
    fromMs: null,
    isNew,
  });
  let killed = 0;
  return {
    name: `first acknowledgement after kill -9, ${sizeName(bytes)}`,
    group: 'growth, recovery',
    unit: 'ms',
    better: 'lower',
    rounds,
    estimate: {
      prepareMs: firstBytes === 0 ? 0 : 1000 + firstBytes / fillBytesPerMs,
      runMs: 2000 + lastBytes / fillBytesPerMs,
    },
    whyNot: () => whyNoRoom(context.directory, diskBytesPerByte * (firstBytes + rounds * lastBytes)),
    prepare: async () => {
      const path = await folder.make();
      if (firstBytes > 0) await fillFolder(path, filling(firstBytes, true));
    },
    cleanUp: () => folder.remove(),
    variants: [
      {
        name: 'product',
        run: async () => {
          const last = filling(lastBytes, firstBytes === 0 && killed === 0);
          killed += 1;
          const { ackMs, ...details } = await fillKillAndAck(folder.path, {
            filling: last,
            topic: `first-${killed}`,
            timeoutMs: context.profile.runTimeoutMs,
          });
          return { value: ackMs, details };
        },
      },
    ],
  };
}

/** One partition; the time of each record is a millisecond after that of the one before it. */
function readCase(context: RunContext, bytes: number): Case {
  const folder = new KeptFolder(context.directory);
  const records = Math.floor(bytes / valueBytes);
  const fromMs = Date.now() - records;
  const words = `${sizeName(bytes)} of log`;
  return {
    name: `fetch by offset, ${words}, median`,
    group: 'growth, reads',
    unit: 'ms',
    better: 'lower',
    rounds: context.profile.slowRounds,
    readings: [
      { name: `fetch by offset, ${words}, p99`, unit: 'ms', better: 'lower', of: 'p99Ms' },
      { name: `fetch by time, ${words}, median`, unit: 'ms', better: 'lower', of: 'by time p50Ms' },
      { name: `fetch by time, ${words}, p99`, unit: 'ms', better: 'lower', of: 'by time p99Ms' },
    ],
    estimate: { prepareMs: 1000 + bytes / fillBytesPerMs, runMs: 800 + 4 * readsOf(context).reads },
    whyNot: () => whyNoRoom(context.directory, diskBytesPerByte * bytes),
    prepare: async () =>
      fillFolder(await folder.make(), { topic, partitions: 1, shape, records, durability: 'os', fromMs, isNew: true }),
    cleanUp: () => folder.remove(),
    variants: [{ name: 'product', run: () => readAtRandom(context, folder.path, { records, fromMs }) }],
  };
}

function readsOf({ profile }: RunContext): { reads: number; warmUpReads: number } {
  return profile.cells === 'all' ? { reads: 1000, warmUpReads: 200 } : { reads: 200, warmUpReads: 50 };
}

async function readAtRandom(
  context: RunContext,
  directory: string,
  log: { records: number; fromMs: number },
): Promise<Sample> {
  await using broker = await startProductBroker(directory);
  const options = { url: broker.url, topic, ...log, ...readsOf(context) };
  await using client = Worker.start('product/random-reads.ts', options satisfies RandomReadsOptions);
  const { result, processes } = await measurePair<{ byOffset: Distribution; byTime: Distribution }>({
    client,
    server: costOf(broker),
    timeoutMs: 2 * context.profile.runTimeoutMs,
  });
  await broker.stop();
  const { byOffset, byTime } = result;
  const ofTime = Object.entries(byTime.percentiles).map(([name, value]) => [`by time ${name}`, value] as const);
  return {
    value: byOffset.percentiles.p50Ms,
    details: { ...byOffset.percentiles, ...Object.fromEntries(ofTime) },
    curves: { 'by offset': byOffset.curve, 'by time': byTime.curve },
    processes,
  };
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readTree } from '../measure/process-tree.ts';
import { rotated } from '../measure/rotated.ts';
import { limits } from '../peers/limits.ts';
import type { Load, LoadResult, Shape } from '../peers/peer.ts';
import type { KafkaProfile } from './profile.ts';
import type { Side, SideName } from './side.ts';

export type Work = 'produce' | 'consume';

/** What one side did in one shape in one round. */
export interface Throughput {
  readonly work: Work;
  readonly shape: Shape;
  readonly round: number;
  readonly side: SideName;
  readonly recordsPerSecond: number;
  /** Of the server; null: too little to tell. */
  readonly serverMicros: number | null;
  /** Of the client, for the time that the long run takes longer than the short one. */
  readonly clientCores: number;
}

interface Run {
  readonly records: number;
  readonly serverSeconds: number;
  readonly result: LoadResult;
}

type Round = Readonly<Record<Work, Run>>;

const shapes: readonly Shape[] = [
  { valueBytes: 100, partitions: 1 },
  { valueBytes: 100, partitions: 12 },
  { valueBytes: 1024, partitions: 1 },
  { valueBytes: 1024, partitions: 12 },
];
/** Records of 100 B a second, roughly, to size the first run. */
const expectedRate = 500_000;
const warmUpRecords = 600_000;
/** A first run that was slow by chance must not make the others as short as itself: their difference is what counts. */
const longToShortMin = 3;
/** Processor time comes in ticks of 10 ms: a difference below this says nothing. */
const secondsMin = 0.05;
const execute = promisify(execFile);

/** Kafka's load tools against both sides, in turn, shape by shape. */
export async function measureThroughput(
  sides: readonly Side[],
  { profile, onRun }: { readonly profile: KafkaProfile; readonly onRun: (text: string) => void },
): Promise<Throughput[]> {
  const found: Throughput[] = [];
  const topics = new TopicNames();
  // Both compile their code with it: what that costs is nobody's.
  for (const side of sides) {
    onRun(`warm-up: ${side.name}`);
    await runRound(side, topics, { valueBytes: 100, partitions: 1 }, warmUpRecords);
    await runRound(side, topics, { valueBytes: 1024, partitions: 12 }, warmUpRecords / 2);
  }
  for (const shape of shapes) {
    const short = new Map<Side, Round>();
    for (const side of sides) {
      const records = expectedRate * Math.sqrt(100 / shape.valueBytes) * profile.shortSeconds;
      short.set(side, await runRound(side, topics, shape, records));
    }
    for (let round = 1; round <= profile.rounds; round += 1) {
      for (const side of rotated(sides, round)) {
        onRun(`${shape.valueBytes} B, ${shape.partitions} part., round ${round}: ${side.name}`);
        const first = short.get(side)!;
        const rate = first.produce.result.recordsPerSecond;
        const records = Math.max(rate * profile.longSeconds, first.produce.records * longToShortMin);
        const long = await runRound(side, topics, shape, records);
        for (const work of ['produce', 'consume'] as const)
          found.push({ work, shape, round, side: side.name, ...numbersOf(long[work], first[work]) });
      }
    }
  }
  return found;
}

/** Produces a topic, reads it, and lets it go. */
async function runRound(side: Side, topics: TopicNames, shape: Shape, records: number): Promise<Round> {
  const { valueBytes, partitions } = shape;
  const load: Load = { valueBytes, records: Math.round(Math.min(records, limits.runBytesMax / valueBytes)) };
  const topic = topics.next();
  await side.tools.createTopic(topic, partitions, []);
  const produce = await run(side, load, () => side.tools.produce(topic, load));
  const consume = await run(side, load, () => side.tools.consume(topic, load));
  await side.tools.deleteTopic(topic);
  // Lets the disk finish what was left to the system, so that the next one does not wait for it.
  await execute('sync');
  return { produce, consume };
}

async function run({ pid }: Side, { records }: Load, load: () => Promise<LoadResult>): Promise<Run> {
  const before = await readTree(pid);
  const result = await load();
  const after = await readTree(pid);
  return { records, serverSeconds: after.cpuSeconds - before.cpuSeconds, result };
}

function numbersOf(long: Run, short: Run): Pick<Throughput, 'recordsPerSecond' | 'serverMicros' | 'clientCores'> {
  const records = long.records - short.records;
  const serverSeconds = long.serverSeconds - short.serverSeconds;
  const [client, start] = [long.result.client, short.result.client];
  const elapsed = client.elapsedSeconds - start.elapsedSeconds;
  const cpu = client.cpuSeconds - start.cpuSeconds;
  return {
    recordsPerSecond: long.result.recordsPerSecond,
    serverMicros: serverSeconds < secondsMin ? null : (serverSeconds * 1e6) / records,
    // On a busy machine the short run may be the longer one: then the share is that of the whole long run.
    clientCores: elapsed > secondsMin && cpu > secondsMin ? cpu / elapsed : client.cpuSeconds / client.elapsedSeconds,
  };
}

class TopicNames {
  #count = 0;

  next(): string {
    this.#count += 1;
    return `bench-${this.#count}`;
  }
}

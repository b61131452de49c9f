import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readTree, resetPeaks } from '../measure/process-tree.ts';
import { rotated } from '../measure/rotated.ts';
import { sizeName } from '../cases/size-name.ts';
import { temporaryFolder } from '../product/broker.ts';
import { costOfRecord } from './cost.ts';
import type { RunCost } from './cost.ts';
import { limits } from './limits.ts';
import type { Durability, InstalledPeer, Load, LoadResult, Peer, RunningPeer, Shape } from './peer.ts';
import type { PeersProfile } from './profile.ts';
import { RowBook } from './row.ts';
import type { Metric, Row } from './row.ts';

export interface Contender {
  readonly peer: Peer;
  readonly installed: InstalledPeer;
}

/** What could not be measured, in words. */
export interface Failure {
  readonly peer: string;
  readonly durability: Durability;
  readonly what: string;
  readonly reason: string;
}

export interface Comparison {
  readonly rows: readonly Row[];
  readonly failures: readonly Failure[];
}

interface Running {
  readonly peer: Peer;
  readonly server: RunningPeer;
}

/** A run of a load tool, with what the server used meanwhile. */
interface Measured {
  readonly load: Load;
  readonly result: LoadResult;
  readonly serverSeconds: number;
  readonly serverPeakBytes: number;
}

/** What a peer does in one round: produces a topic, and reads it where reading is measured. */
interface Round {
  readonly produced: Measured;
  readonly consumed: Measured | null;
}

const shapes: readonly Shape[] = [
  { valueBytes: 100, partitions: 1 },
  { valueBytes: 1024, partitions: 1 },
  { valueBytes: 100, partitions: 12 },
  { valueBytes: 1024, partitions: 12 },
];
const sendShape: Shape = { valueBytes: 100, partitions: 1 };
const durabilities: readonly Durability[] = ['fsync', 'default'];
const idleMs = 2000;
/** A first run that was slow by chance must not make the others as short as itself: their difference is what counts. */
const longToShortMin = 3;
const execute = promisify(execFile);

/**
 * Runs the same shapes against all peers. Their servers run side by side and stay for all shapes, so that none is
 * measured cold; only one is loaded at a time, in turn, round after round. What the idle ones take meanwhile is a row.
 */
export class PeerComparison {
  readonly #profile: PeersProfile;
  readonly #directory: string;
  readonly #onRun: (text: string) => void;
  readonly #beforeRun: () => Promise<void>;
  readonly #book = new RowBook();
  readonly #failures: Failure[] = [];
  #topics = 0;

  constructor(options: {
    profile: PeersProfile;
    directory: string;
    onRun: (text: string) => void;
    beforeRun: () => Promise<void>;
  }) {
    this.#profile = options.profile;
    this.#directory = options.directory;
    this.#onRun = options.onRun;
    this.#beforeRun = options.beforeRun;
  }

  async run(contenders: readonly Contender[]): Promise<Comparison> {
    for (const durability of durabilities) {
      const able = contenders.filter(({ peer }) => peer.acknowledgement[durability] !== undefined);
      await this.#measure(able, durability);
    }
    return { rows: this.#book.rows(), failures: this.#failures };
  }

  async #measure(contenders: readonly Contender[], durability: Durability): Promise<void> {
    await using servers = new AsyncDisposableStack();
    const running: Running[] = [];
    for (const { peer, installed } of contenders) {
      this.#onRun(`${durability}: ${peer.name}: starts`);
      await this.#attempt({ peer, durability, what: 'start' }, async () => {
        const folder = servers.use(await temporaryFolder(this.#directory));
        running.push({ peer, server: servers.use(await installed.start({ folder: folder.path, durability })) });
      });
    }
    // What a server's own code costs to compile would count as the first shape's short run, and make its long ones look
    // cheap.
    for (const one of running)
      await this.#attempt(
        this.#about(one, sendShape, durability, 'warm-up'),
        async () => void (await this.#shortRound(one, sendShape, durability)),
      );
    for (const shape of shapes) await this.#measureShape(running, shape, durability);
    await this.#measureSends(running, durability);
    await this.#measureIdle(running, durability);
  }

  async #measureShape(all: readonly Running[], shape: Shape, durability: Durability): Promise<void> {
    const running = all.filter(({ peer }) => shape.partitions === 1 || peer.hasPartitions);
    const short = new Map<Running, Round>();
    for (const one of running) {
      await this.#attempt(this.#about(one, shape, durability, 'first run'), async () => {
        short.set(one, await this.#shortRound(one, shape, durability));
      });
    }
    for (let round = 1; round <= this.#profile.rounds; round += 1) {
      for (const one of rotated(running, round)) {
        const first = short.get(one);
        if (first === undefined) continue;
        await this.#attempt(this.#about(one, shape, durability, `round ${round}`), async () => {
          const { load, result } = first.produced;
          const records = Math.max(result.recordsPerSecond * this.#profile.longSeconds, load.records * longToShortMin);
          this.#note(one, shape, durability, {
            long: await this.#round(one, shape, { durability, records }),
            short: first,
          });
        });
      }
    }
  }

  #shortRound(one: Running, shape: Shape, durability: Durability): Promise<Round> {
    const records =
      one.peer.expected[durability].records * Math.sqrt(100 / shape.valueBytes) * this.#profile.shortSeconds;
    return this.#round(one, shape, { durability, records });
  }

  async #round({ server }: Running, shape: Shape, run: { durability: Durability; records: number }): Promise<Round> {
    const { valueBytes, partitions } = shape;
    const load: Load = {
      valueBytes,
      records: Math.round(Math.min(Math.max(run.records, limits.runRecordsMin), limits.runBytesMax / valueBytes)),
    };
    const topic = this.#nextTopic();
    await server.createTopic(topic, partitions);
    const produced = await measureRun(server, load, () => server.produce(topic, load));
    // Reading does not depend on how the records were made durable: once is enough, where there are more to read.
    const consumed =
      run.durability === 'fsync' ? null : await measureRun(server, load, () => server.consume(topic, load));
    await server.deleteTopic(topic);
    await settle();
    return { produced, consumed };
  }

  #note({ peer }: Running, shape: Shape, durability: Durability, { long, short }: { long: Round; short: Round }): void {
    const key = { peer: peer.name, shape, durability };
    this.#book.add(key, numbersOf('produce', long.produced, short.produced));
    if (long.consumed !== null && short.consumed !== null)
      this.#book.add(key, numbersOf('consume', long.consumed, short.consumed));
  }

  async #measureSends(running: readonly Running[], durability: Durability): Promise<void> {
    const { valueBytes, partitions } = sendShape;
    for (let round = 1; round <= this.#profile.rounds; round += 1) {
      for (const one of rotated(running, round)) {
        const { peer, server } = one;
        await this.#attempt(this.#about(one, sendShape, durability, `awaited sends, round ${round}`), async () => {
          const topic = this.#nextTopic();
          await server.createTopic(topic, partitions);
          const records = Math.round(peer.expected[durability].sends * this.#profile.sendSeconds);
          const { p50Ms, p99Ms } = await server.awaitedSends(topic, { valueBytes, records });
          this.#book.add(
            { peer: peer.name, shape: sendShape, durability },
            { 'awaited send, p50 ms': p50Ms, 'awaited send, p99 ms': p99Ms },
          );
          await server.deleteTopic(topic);
          await settle();
        });
      }
    }
  }

  /** Nobody asks anything of anyone meanwhile. */
  async #measureIdle(running: readonly Running[], durability: Durability): Promise<void> {
    const before = await Promise.all(running.map(({ server }) => readTree(server.pid)));
    await delay(idleMs);
    const after = await Promise.all(running.map(({ server }) => readTree(server.pid)));
    for (const [index, { peer }] of running.entries()) {
      const seconds = after[index]!.cpuSeconds - before[index]!.cpuSeconds;
      this.#book.add(
        { peer: peer.name, shape: sendShape, durability },
        { 'idle, % of a core': (seconds * 100_000) / idleMs },
      );
    }
  }

  /** One peer's failure leaves the others' numbers as they are. */
  async #attempt(about: { peer: Peer; durability: Durability; what: string }, run: () => Promise<void>): Promise<void> {
    try {
      await this.#beforeRun();
      await run();
    } catch (error) {
      const failure = {
        peer: about.peer.name,
        durability: about.durability,
        what: about.what,
        reason: error instanceof Error ? error.message : String(error),
      };
      this.#failures.push(failure);
      this.#onRun(`FAILED ${failure.peer}: ${failure.what}: ${failure.reason}`);
    }
  }

  #about(
    { peer }: Running,
    shape: Shape,
    durability: Durability,
    part: string,
  ): { peer: Peer; durability: Durability; what: string } {
    const what = `${sizeName(shape.valueBytes)}, ${shape.partitions} part., ${part}`;
    this.#onRun(`${durability}: ${peer.name}: ${what}`);
    return { peer, durability, what };
  }

  #nextTopic(): string {
    this.#topics += 1;
    return `bench-${this.#topics}`;
  }
}

async function measureRun(server: RunningPeer, load: Load, run: () => Promise<LoadResult>): Promise<Measured> {
  await resetPeaks(server.pid);
  const before = await readTree(server.pid);
  const result = await run();
  const after = await readTree(server.pid);
  return {
    load,
    result,
    serverSeconds: after.cpuSeconds - before.cpuSeconds,
    serverPeakBytes: after.residentPeakBytes,
  };
}

function numbersOf(work: 'produce' | 'consume', long: Measured, short: Measured): Partial<Record<Metric, number>> {
  const cost = costOfRecord(costOf(long), costOf(short));
  return {
    [`${work}, records/s`]: long.result.recordsPerSecond,
    [`${work}, server peak MB`]: long.serverPeakBytes / 1e6,
    [`${work}, client peak MB`]: long.result.client.residentPeakBytes / 1e6,
    ...(cost === null
      ? {}
      : {
          [`${work}, records a CPU second`]: cost.recordsPerCpuSecond,
          [`${work}, server CPU us a record`]: cost.serverMicros,
          [`${work}, client CPU us a record`]: cost.clientMicros,
        }),
  };
}

function costOf({ load, result, serverSeconds }: Measured): RunCost {
  return { records: load.records, serverSeconds, clientSeconds: result.client.cpuSeconds };
}

/** Lets the disk finish what one peer left to the system, so that the next one does not wait for it. */
async function settle(): Promise<void> {
  await execute('sync');
}

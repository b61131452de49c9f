import { open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import { DeleteRecords, encodeBatch, errorCode } from '@q/protocol';
import { BrokerProcess, seededRandom } from '@q/testkit';
import type { RigReport, SeededRandom } from '@q/testkit';
import { RigRun } from '../rig-run.ts';
import { WireConnection } from '../wire-connection.ts';
import type { WirePartition } from '../wire-connection.ts';

const KiB = 1 << 10;
const main = fileURLToPath(new URL('small-journal-broker.ts', import.meta.url));
/** Of a disk of 120 MiB the broker keeps a twentieth in reserve. */
const reserveBytes = 6 << 20;
/** What is left free while the broker is down: nothing, one block, and around the reserve. */
const leftBytes = [0, 0, 0, 4 * KiB, 64 * KiB, reserveBytes - 64 * KiB, reserveBytes + 64 * KiB] as const;
const recordsPerBatch = 3;
const waitMsMax = 20_000;
const full = errorCode('STORAGE_FULL');

/**
 * Fills a small disk under a broker in its own process, kills it with records on their way, takes what is left of the
 * disk, and starts it: it has to start, to serve everything that it acknowledged, to refuse records, to give room back
 * when some are deleted, and to go on then.
 */
export async function run({ count, path, seed }: { count: number; path: string; seed: number }): Promise<RigReport> {
  const rig = new RigRun('full-disk', seed);
  for (let index = 0; index < count; index += 1) {
    const life = new FullStart(rig, { path, seed: seed + index });
    try {
      await life.run();
    } catch (error) {
      life.fail(`it does not go on: ${(error as Error).stack}`);
    }
    await life.cleanUp();
    rig.ran('starts on a full disk');
  }
  return rig.report();
}

interface Acknowledged {
  readonly offset: number;
}

class FullStart {
  readonly #rig: RigRun;
  readonly #path: string;
  readonly #seed: number;
  readonly #random: SeededRandom;
  readonly #acknowledged = new Map<number, Acknowledged>();
  #to: WirePartition | null = null;
  #batches = 0;
  #start = 0;
  #wanted: number;

  constructor(rig: RigRun, o: { path: string; seed: number }) {
    this.#rig = rig;
    this.#path = o.path;
    this.#seed = o.seed;
    this.#random = seededRandom(o.seed);
    this.#wanted = this.#random.pick(leftBytes);
  }

  async run(): Promise<void> {
    await this.#liveAndDie();
    const starts = this.#random.between(1, 3);
    for (let start = 0; start < starts; start += 1) {
      await this.#fillTo(this.#wanted);
      // Another death while it recovers, or right behind it.
      if (this.#random.chance(0.4)) await this.#startAndKill();
      await this.#fillTo(this.#wanted);
      await this.#liveOnFullDisk(start === starts - 1);
    }
  }

  async #liveAndDie(): Promise<void> {
    await this.#beginLife();
    // It does not see the disk fill up: what the journal has taken by then is owed to segments that have no room.
    await using broker = await this.#broker('--maintenance-ms', '600000');
    await using wire = await WireConnection.open(broker.url);
    await this.#produce(wire, 1_000);
    await this.#fillTo(reserveBytes + this.#random.below(256 * KiB));
    const writers = Array.from({ length: 4 }, () => this.#produceUntilRefused(wire));
    const ended = Promise.allSettled([this.#fillTo(this.#wanted), ...writers]);
    await pause(this.#random.below(400));
    await broker.kill();
    await ended;
  }

  async #beginLife(): Promise<void> {
    await using broker = await this.#broker();
    await using wire = await WireConnection.open(broker.url);
    this.#to = await wire.createTopic('full', { 'segment.bytes': String(256 * KiB) });
    for (let batch = 0; batch < 60; batch += 1) await this.#produce(wire, this.#random.between(100, 20_000));
    await until(async () => (await sizeOf(join(this.#data, '.reserve'))) > 0, 'room is kept for a full disk');
    await broker.stop();
  }

  async #startAndKill(): Promise<void> {
    const starting = this.#broker().catch((error: unknown) => error as Error);
    const broker = await Promise.race([starting, pause(this.#random.between(100, 600)).then(() => null)]);
    const started = broker ?? (await starting);
    if (started instanceof Error) throw started;
    await started.kill();
  }

  async #liveOnFullDisk(isLast: boolean): Promise<void> {
    await using broker = await this.#broker();
    await using wire = await WireConnection.open(broker.url);
    await this.#compare(broker, 'on the full disk');
    const answer = await this.#produce(wire, 40_000);
    if (this.#wanted < reserveBytes - 32 * KiB && answer !== full)
      this.fail(`a start with ${this.#wanted} bytes left answers a record with ${answer}`);
    const offsets = [...this.#acknowledged.values()].map(({ offset }) => offset).sort((a, b) => a - b);
    await this.#trim(wire, offsets[Math.floor(offsets.length * this.#random.pick([0.3, 0.6, 0.9]))]!);
    await this.#compare(broker, 'after records were deleted');
    if (!isLast) return void (await (this.#random.chance(0.5) ? broker.kill() : this.#stop(broker)));
    await rm(this.#ballast);
    await until(async () => (await this.#produce(wire, 1_000)) === 0, 'records are taken when there is room again');
    await this.#compare(broker, 'after there was room again');
    await broker.kill();
    await using again = await this.#broker();
    await this.#compare(again, 'after the last kill');
  }

  async #stop(broker: BrokerProcess): Promise<void> {
    const { code } = await broker.stop();
    if (code !== 0) this.fail(`a stop on a full disk ends with ${code}: ${broker.log}`);
  }

  async #trim(wire: WireConnection, beforeOffset: number): Promise<void> {
    const before = await freeBytes(this.#path);
    const { partitions } = await wire.call(DeleteRecords, {
      name: 'full',
      partitions: [{ partition: 0, beforeOffset }],
    });
    const { errorCode: code, errorMessage } = partitions[0]!;
    if (code !== 0) return this.fail(`deleting records with ${this.#wanted} bytes left is refused: ${errorMessage}`);
    const bytes =
      [...this.#acknowledged].filter(([, { offset }]) => offset < beforeOffset && offset >= this.#start).length * KiB;
    this.#start = Math.max(this.#start, beforeOffset);
    const freed = (await freeBytes(this.#path)) - before;
    // Whole segments go; a batch has more than a KiB as a rule.
    if (bytes > 512 * KiB && freed < bytes / 4) this.fail(`deleting ${bytes} bytes gave ${freed} back`);
  }

  async #compare(broker: BrokerProcess, when: string): Promise<void> {
    await using q = await connect(broker.url);
    const found = new Map<number, number>();
    let last = -1;
    for await (const { value, offset } of q.consumer('full', { from: 'earliest', stopAtEnd: true })) {
      const batch = Number.parseInt(value!.toString('latin1'), 10);
      if (offset <= last) this.fail(`${when}: offset ${offset} comes behind ${last}`);
      last = offset;
      found.set(batch, (found.get(batch) ?? 0) + 1);
    }
    for (const [batch, { offset }] of this.#acknowledged) {
      if (offset >= this.#start && found.get(batch) !== recordsPerBatch)
        this.fail(
          `${when}: batch ${batch} was acknowledged at ${offset}, and ${found.get(batch) ?? 0} records of it are there`,
        );
    }
    this.#rig.count('comparisons');
  }

  async #produceUntilRefused(wire: WireConnection): Promise<void> {
    while ((await this.#produce(wire, this.#random.between(100, 8_000))) === 0) this.#rig.count('batches on the brink');
  }

  async #produce(wire: WireConnection, bytes: number): Promise<number> {
    const batch = this.#batches++;
    const records = Array.from({ length: recordsPerBatch }, () => ({ value: Buffer.alloc(bytes, `${batch} `) }));
    const { errorCode: code, baseOffset } = await wire.produce(this.#to!, encodeBatch(records));
    if (code === 0) this.#acknowledged.set(batch, { offset: baseOffset });
    return code;
  }

  /** Another program takes all of the disk but that. */
  async #fillTo(bytes: number): Promise<void> {
    const ballast = await open(this.#ballast, 'a');
    try {
      for (let free = await freeBytes(this.#path); free > bytes; free = await freeBytes(this.#path)) {
        await ballast.write(Buffer.alloc(Math.min(free - bytes, 1 << 20), 1));
      }
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOSPC') throw error;
    } finally {
      await ballast.close();
    }
  }

  async cleanUp(): Promise<void> {
    await rm(this.#data, { recursive: true, force: true });
    await rm(this.#ballast, { force: true });
  }

  fail(message: string): void {
    this.#rig.fail(message, `--count 1 --seed ${this.#seed} --only start`, this.#seed);
  }

  get #data(): string {
    return join(this.#path, 'data');
  }

  get #ballast(): string {
    return join(this.#path, 'ballast');
  }

  async #broker(...args: readonly string[]): Promise<BrokerProcess> {
    const broker = await BrokerProcess.start({ main, args: ['--data-dir', this.#data, ...args] });
    if (broker.log.includes('the journal keeps them until it has')) this.#rig.count('starts with debts');
    return broker;
  }
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt > waitMsMax) throw new Error(`it takes too long until ${what}`);
    await pause(50);
  }
}

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect, QError } from '@q/client';
import type { Producer, Q } from '@q/client';
import { findViolations, formatLog, formatValue, History, seededRandom } from '@q/testkit';
import type { ReadRecord, SeededRandom } from '@q/testkit';
import type { Ext4Disk } from './ext4-disk.ts';

const topic = 'cut';
const partitions = 3;
/** Segments are rolled all the time, and small rounds are as common as large ones. */
const config = { 'segment.bytes': 16_384, 'index.interval.bytes': 512 };
/** The power goes so many acknowledgements after the start, and a moment later. */
const acknowledgedMax = 40;
const momentMsMax = 6;
const patienceMs = 5_000;
const paddingBytesMax = 1_500;
/** A journal of small files that are emptied often, and a broker that syncs each segment. */
const journals = [
  {
    journalFiles: 3,
    journalFileBytes: 64 << 10,
    journalPieceBytesMax: 16 << 10,
    journalMissesBefore: 0,
    diskReserveBytes: 0,
  },
  { journalFiles: 0 },
];
const inFlightMax = 40;
/** Everything is read after every cut, so a log must not grow for ever. */
const cutsPerLife = 20;

interface Acknowledgement {
  readonly id: string;
  readonly log: string;
  readonly offset: number;
  /** When it was received, on the clock of `process.hrtime`. */
  readonly atNs: bigint;
}

/**
 * One data folder on a real disk, through power cuts: records are sent until the power goes, the disk is mounted again,
 * and everything that was acknowledged must be there. After some cuts a new folder is begun.
 *
 * Broker and client run in this process, over real sockets, because a new one would take longer than everything else.
 */
export class PowerRun {
  readonly #disk: Ext4Disk;
  readonly #firstSeed: number;
  #random: SeededRandom;
  #history = new History();
  #life = 0;
  #cuts = 0;
  /** Acknowledgements since the last cut. */
  #acks: Acknowledgement[] = [];
  acknowledged = 0;
  /** Acknowledgements that came when the power was off already: nobody could have received them. */
  tooLate = 0;

  constructor(disk: Ext4Disk, seed: number) {
    this.#disk = disk;
    this.#firstSeed = seed;
    this.#random = seededRandom(seed);
  }

  /** What makes the last cut again, without the folders before it. */
  get replayArguments(): string {
    const before = Math.max(0, this.#life - 1);
    return `--count ${this.#cuts - before * cutsPerLife} --seed ${this.#firstSeed + before}`;
  }

  /** Load, cut, mount, read, compare. What is wrong, in words. */
  async cut(): Promise<string[]> {
    if (this.#cuts % cutsPerLife === 0) await this.#begin();
    this.#cuts += 1;
    const broker = await this.#start();
    const q = await connect(broker.url);
    const load = this.#load(q.producer(), `p${this.#cuts}`);
    await this.#acknowledges(this.#random.below(acknowledgedMax));
    await sleep(this.#random.next() * momentMsMax);
    const cutAtNs = await this.#disk.cutPower();
    await load.stop(q);
    this.#count(cutAtNs);
    // It cannot save anything any more, which is what its close says, if it came so far as to try.
    await broker.close({ timeoutMs: 0 }).catch((error: unknown) => expectStorageFailure(error));
    await this.#disk.unmount();
    await this.#disk.mount();
    return await this.#check();
  }

  async #acknowledges(more: number): Promise<void> {
    const endMs = performance.now() + patienceMs;
    while (this.#acks.length < more && performance.now() < endMs) await sleep(1);
  }

  /**
   * A machine without power receives nothing, while this process lives on: what it hears after the cut does not count.
   * It would not be true either: a sync that is under way when this file system is shut down may well return as if it
   * had been done.
   */
  #count(cutAtNs: bigint): void {
    for (const { id, log, offset, atNs } of this.#acks) {
      if (atNs >= cutAtNs) {
        this.tooLate += 1;
        continue;
      }
      this.#history.acknowledged(id, { log, offset });
      this.acknowledged += 1;
    }
    this.#acks = [];
  }

  get #directory(): string {
    return join(this.#disk.directory, `life-${this.#life}`);
  }

  async #begin(): Promise<void> {
    if (this.#life > 0) await rm(this.#directory, { recursive: true });
    this.#random = seededRandom(this.#firstSeed + this.#life);
    this.#life += 1;
    this.#history = new History();
    await mkdir(this.#directory);
    await using broker = await this.#start();
    await using q = await connect(broker.url);
    await q.admin.createTopic(topic, { partitions, config });
  }

  get #storageLimits(): object {
    return { checkpointBytes: 20_000, ...journals[(this.#firstSeed + this.#life) % journals.length] };
  }

  #start(): Promise<Broker> {
    return startBroker({
      dataDir: this.#directory,
      port: 0,
      admin: false,
      storageLimits: this.#storageLimits,
      limits: { maintenanceIntervalMs: 3 },
    });
  }

  #load(producer: Producer, name: string): { stop(q: Q): Promise<void> } {
    let isOver = false;
    let sequence = 0;
    const inFlight = new Set<Promise<void>>();
    const send = async (id: string): Promise<void> => {
      this.#history.sending(id);
      const partition = this.#random.below(partitions);
      try {
        const { offset } = await producer.send(topic, {
          value: id,
          headers: { padding: this.#random.bytes(this.#random.below(paddingBytesMax)) },
          partition,
        });
        this.#acks.push({ id, log: formatLog(topic, partition), offset, atNs: process.hrtime.bigint() });
      } catch (error) {
        if (!QError.is(error)) throw error;
      }
    };
    const running = (async () => {
      while (!isOver) {
        const sending = send(formatValue(name, sequence++)).finally(() => inFlight.delete(sending));
        inFlight.add(sending);
        if (inFlight.size >= inFlightMax || this.#random.chance(0.1)) await Promise.race(inFlight);
      }
      await Promise.all(inFlight);
    })();
    return {
      stop: async (q) => {
        isOver = true;
        await q.close({ timeoutMs: 0 });
        await running;
      },
    };
  }

  async #check(): Promise<string[]> {
    await using broker = await this.#start();
    await using q = await connect(broker.url);
    const records: ReadRecord[] = [];
    for await (const { partition, offset, value } of q.consumer(topic, { from: 'earliest', stopAtEnd: true })) {
      records.push({ log: formatLog(topic, partition), offset, value: value!.toString() });
    }
    return findViolations(this.#history, { records }).map((violation) => JSON.stringify(violation));
  }
}

function expectStorageFailure(error: unknown): void {
  if (!QError.is(error)) throw error;
}

import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import {
  CreateTopic,
  DeleteRecords,
  DescribeTopic,
  encodeBatch,
  Fetch,
  iterateBatches,
  iterateRecords,
  ListTopics,
  Metadata,
  noTopicId,
  Produce,
  QError,
} from '@q/protocol';
import type { CrashLoss, DiskOperation, RigReport } from '@q/testkit';
import { FaultyFileSystem, ManualClock, seededRandom } from '@q/testkit';
import { RigRun } from '../rig-run.ts';
import { storageLimits } from './fixture.ts';
import { dataDir } from './folder.ts';
import { InProcessNetwork } from './in-process-network.ts';
import type { InProcessClient } from './in-process-network.ts';
import { typedCode } from './stored-records.ts';

export interface FailingDiskOptions {
  readonly seed: number;
  /** Every so manieth operation of a kind fails; 1 is all. */
  readonly stride: number;
  /** Only this one, as a failure names it: `operation:code:number:loss`. */
  readonly only?: string;
}

const topic = 'orders';
const settings = [
  { key: 'segment.bytes', value: '1024' },
  { key: 'index.interval.bytes', value: '128' },
  { key: 'file.delete.delay.ms', value: '0' },
];
const recordsPerBatch = 3;
const hangMs = 10_000;
/** Of maintenance: what could not be opened, removed or set aside has had its second turn by then. */
const healingRounds = 4;
const losses: readonly CrashLoss[] = ['all', 'some', 'none'];
/** Closing a file can fail, too; the faulty disk knows no such fault, so it is put around it here. */
type FailingOperation = DiskOperation | 'close';

const operations: readonly FailingOperation[] = [
  'write',
  'datasync',
  'syncDirectory',
  'create',
  'rename',
  'truncate',
  'removeFile',
  'makeDirectory',
  'read',
  'close',
];
const codes: readonly string[] = ['EIO', 'ENOSPC', 'EMFILE'];
/** Only what opens something can want a descriptor, and only to open: then nothing has happened yet. */
const opening: readonly FailingOperation[] = ['create', 'syncDirectory'];
/** More operations of one kind than the life of a broker below has. */
const operationsMax = 10_000;

/**
 * Lets the n-th write, sync, rename, … of a broker's life fail, for every n; then the power goes, and the next broker
 * opens what is left. Whatever was acknowledged is there once, whole and in order; nothing crashes and nothing hangs.
 */
export async function run({ seed, stride, only }: FailingDiskOptions): Promise<RigReport> {
  const rig = new RigRun('failing-disk', seed);
  const chosen = only?.split(':') as [FailingOperation, string, string, CrashLoss] | undefined;
  for (const operation of chosen === undefined ? operations : [chosen[0]]) {
    for (const code of chosen === undefined ? codes : [chosen[1]]) {
      if (code === 'EMFILE' && !opening.includes(operation)) continue;
      for (let number = Number(chosen?.[2] ?? 0); number < operationsMax; number += stride) {
        const loss = chosen?.[3] ?? losses[(number + seed) % losses.length]!;
        const name = `${operation}:${code}:${number}:${loss}`;
        const life = new BrokerLife(seed + number);
        const wrongs = await withoutHanging(() => life.check({ operation, code, number, loss }));
        rig.ran(life.outcome);
        for (const wrong of wrongs) rig.fail(`${name}: ${wrong}`, `--only ${name} --seed ${seed}`);
        if (life.outcome === 'not reached' || chosen !== undefined) break;
      }
    }
  }
  return rig.report();
}

async function withoutHanging(check: () => Promise<string[]>): Promise<string[]> {
  const hang = Promise.withResolvers<string[]>();
  const timer = setTimeout(() => hang.resolve([`nothing happens any more after ${hangMs} ms`]), hangMs);
  try {
    return await Promise.race([check(), hang.promise]);
  } catch (error) {
    return [
      `an error that is not typed: ${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : String(error)}`,
    ];
  } finally {
    clearTimeout(timer);
  }
}

interface SentBatch {
  readonly values: readonly string[];
  readonly isAcknowledged: boolean;
}

/** One broker on a disk that fails once, and the one after it. */
class BrokerLife {
  outcome: 'not reached' | 'refused' | 'went on' | 'ended' = 'not reached';
  readonly #seed: number;
  readonly #disk: FaultyFileSystem;
  readonly #clock = new ManualClock();
  readonly #sent: SentBatch[] = [];
  readonly #fatal: Error[] = [];
  #deletedBelow = 0;
  #closesToPass = -1;
  #errors = 0;
  /** Null before anybody had the folder, NaN while somebody has it. */
  #stepsAtRelease: number | null = null;
  readonly #wrongs: string[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    this.#disk = new FaultyFileSystem({ random: seededRandom(seed) });
    const lock = this.#disk.lock.bind(this.#disk);
    this.#disk.lock = async (directory) => {
      const held = await lock(directory);
      this.#stepsAtRelease = Number.NaN;
      const release = async (): Promise<void> => {
        await held.release();
        // The first time: nothing may follow that.
        if (Number.isNaN(this.#stepsAtRelease)) this.#stepsAtRelease = this.#disk.steps;
      };
      return { release };
    };
  }

  async check(o: { operation: FailingOperation; code: string; number: number; loss: CrashLoss }): Promise<string[]> {
    if (o.operation === 'close') this.#failClose(o);
    else this.#disk.fail({ operation: o.operation, code: o.code, after: o.number });
    for (let life = 0; life < 2 && this.#fatal.length === 0; life += 1) await this.#live();
    const isReached = !this.#isWaiting(o.operation);
    if (!isReached) {
      this.outcome = 'not reached';
      return this.#errors === 0 ? this.#wrongs : [`${this.#errors} requests failed on a disk that did not`];
    }
    this.outcome = this.#fatal.length > 0 ? 'ended' : this.#errors > 0 ? 'refused' : 'went on';
    const wrongs =
      o.code === 'EMFILE' && this.outcome === 'ended'
        ? [`one missing descriptor ends it: ${String(this.#fatal[0])}`]
        : [];
    this.#disk.faults.clear();
    return [...this.#wrongs, ...wrongs, ...(await this.#checkAfterwards(await this.#disk.crash(o.loss)))];
  }

  /** The file is closed all the same, as on Linux. */
  #failClose({ code, number }: { code: string; number: number }): void {
    this.#closesToPass = number;
    const open = this.#disk.open.bind(this.#disk);
    this.#disk.open = async (path, mode) => {
      const file = await open(path, mode);
      const close = async (): Promise<void> => {
        await file.close();
        this.#closesToPass -= 1;
        if (this.#closesToPass === -1) throw Object.assign(new Error(`${code}: ${path}`), { code });
      };
      return { ...file, close };
    };
  }

  /** Has the fault not come to its turn? Asks for it as often as it may have been told to let pass. */
  #isWaiting(operation: FailingOperation): boolean {
    if (operation === 'close') return this.#closesToPass >= 0;
    for (let asked = 0; asked <= operationsMax; asked += 1)
      if (this.#disk.faults.next(operation, '') !== null) return true;
    return false;
  }

  /** Starts, does a little of everything, stops. Whatever fails must fail with a typed error. */
  async #live(): Promise<void> {
    await this.#attempt(async () => {
      const { broker, client } = await this.#start(this.#disk);
      await this.#work(client);
      if (this.#errors > 0 && this.#fatal.length === 0) await this.#checkHealed(client);
      client.close();
      await this.#attempt(() => broker.close());
    });
    await this.#checkLetGo();
  }

  /** Whoever has the folder next is not to find this broker at work in it. */
  async #checkLetGo(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
    if (this.#stepsAtRelease !== null && this.#stepsAtRelease !== this.#disk.steps)
      this.#wrongs.push('the folder was let go, or never let go, while something was still written');
  }

  /**
   * One thing has failed, and nothing does any more: without a restart all works again, and retention leaves nothing
   * behind.
   */
  async #checkHealed(client: InProcessClient): Promise<void> {
    try {
      for (let round = 0; round < healingRounds; round += 1) {
        await this.#clock.advance(11_000);
        await client.call(ListTopics, { includeInternal: true });
      }
      if ((await topicIdOf(client).catch(() => noTopicId)) === noTopicId) return;
      const before = this.#sent.length;
      await this.#produce(client);
      if (!this.#sent[before]!.isAcknowledged) this.#wrongs.push('a disk that is well again takes no record');
      await this.#clock.advance(11_000);
      const { partitions } = await client.call(DescribeTopic, { name: topic });
      const found = await bytesOnDisk(this.#disk);
      if (found.bytes !== partitions[0]!.bytes)
        this.#wrongs.push(`the log has ${partitions[0]!.bytes} bytes, its files have ${found.bytes}`);
      if (found.left.length > 0) this.#wrongs.push(`files were left behind: ${found.left.join(' ')}`);
    } catch (error) {
      this.#wrongs.push(`a disk that is well again fails with ${typedCode(error)}`);
    }
  }

  async #start(fileSystem: FaultyFileSystem): Promise<{ broker: Broker; client: InProcessClient }> {
    const network = new InProcessNetwork();
    const onFatal = (error: Error): void => void this.#fatal.push(error);
    const random = seededRandom(this.#seed);
    const broker = await startBroker({
      fileSystem,
      network,
      dataDir,
      admin: false,
      port: 0,
      clock: this.#clock,
      random,
      onFatal,
      storageLimits,
    });
    return { broker, client: await network.connect() };
  }

  async #work(client: InProcessClient): Promise<void> {
    await this.#attempt(
      () =>
        client.call(CreateTopic, { name: topic, partitions: 1, replicas: 1, configs: settings, validateOnly: false }),
      ['TOPIC_EXISTS'],
    );
    for (let batch = 0; batch < 8; batch += 1) await this.#produce(client);
    await this.#attempt(async () => {
      const beforeOffset = 4;
      // From the moment it is asked for, they may go.
      this.#deletedBelow = beforeOffset;
      await client.call(DeleteRecords, { name: topic, partitions: [{ partition: 0, beforeOffset }] });
    });
    await this.#attempt(async () => {
      await this.#clock.advance(11_000);
      await client.call(ListTopics, { includeInternal: true });
    });
    await this.#produce(client);
    await this.#attempt(() => readAll(client));
  }

  async #produce(client: InProcessClient): Promise<void> {
    const number = this.#sent.length;
    const values = Array.from({ length: recordsPerBatch }, (_, index) => `${number}-${index}`.padEnd(60, '.'));
    let isAcknowledged = false;
    await this.#attempt(async () => {
      const topicId = await topicIdOf(client);
      const partitions = [
        {
          partition: 0,
          leaderEpoch: -1,
          records: encodeBatch(values.map((value) => ({ value, timestampMs: this.#clock.now() }))),
        },
      ];
      const { topics } = await client.call(Produce, {
        timeoutMs: 1_000,
        topics: [{ topicId, partitions }],
        traceContexts: [],
      });
      isAcknowledged = topics[0]!.partitions[0]!.errorCode === 0;
      if (!isAcknowledged) this.#errors += 1;
    });
    this.#sent.push({ values, isAcknowledged });
  }

  async #attempt(action: () => Promise<unknown>, expected: readonly string[] = []): Promise<void> {
    try {
      await action();
    } catch (error) {
      const code = typedCode(error);
      if (!expected.includes(code)) this.#errors += 1;
    }
  }

  async #checkAfterwards(disk: FaultyFileSystem): Promise<string[]> {
    this.#fatal.length = 0;
    const { broker, client } = await this.#start(disk);
    const isThere = (await topicIdOf(client).catch(() => noTopicId)) !== noTopicId;
    const wrongs = isThere ? this.#compare(await readAll(client)) : this.#compare([]);
    if (isThere) {
      const before = this.#sent.length;
      await this.#produce(client);
      if (!this.#sent[before]!.isAcknowledged) wrongs.push('the next broker takes no record');
    }
    client.close();
    await broker.close();
    return wrongs;
  }

  #compare(found: readonly { offset: number; value: string }[]): string[] {
    const wrongs: string[] = [];
    const values = found.map(({ value }) => value);
    const present = new Set(values);
    if (present.size !== values.length) wrongs.push('a record is there twice');
    const known = new Set(this.#sent.flatMap((batch) => batch.values));
    for (const value of present) if (!known.has(value)) wrongs.push(`a record was never sent: ${value.slice(0, 10)}`);
    const order = values.map((value) => Number.parseInt(value, 10));
    if (order.some((number, index) => index > 0 && number < order[index - 1]!)) wrongs.push('records are out of order');
    let acknowledged = 0;
    for (const batch of this.#sent) {
      const there = batch.values.filter((value) => present.has(value)).length;
      // Deletion takes the first records, whatever batch they are in.
      const isWhole = there === recordsPerBatch || (there === 0 && !batch.isAcknowledged);
      if (!isWhole && acknowledged >= this.#deletedBelow)
        wrongs.push(
          `${there} of ${recordsPerBatch} records of a batch are there (${batch.isAcknowledged ? 'acknowledged' : 'not acknowledged'})`,
        );
      if (batch.isAcknowledged) acknowledged += recordsPerBatch;
    }
    return wrongs;
  }
}

/** Of the segments of the topic's one partition; `left`: files that are to be gone by now. */
async function bytesOnDisk(disk: FaultyFileSystem): Promise<{ bytes: number; left: string[] }> {
  const directory = `${dataDir}/${topic}-0`;
  const names = await disk.readDirectory(directory);
  let bytes = 0;
  for (const name of names) if (name.endsWith('.log')) bytes += (await disk.stat(`${directory}/${name}`)).sizeBytes;
  const folders = await disk.readDirectory(dataDir);
  return {
    bytes,
    left: [
      ...names.filter((name) => name.endsWith('.deleted')),
      ...folders.filter((name) => name.startsWith('~deleted')),
    ],
  };
}

async function topicIdOf(client: InProcessClient): Promise<string> {
  const { topics } = await client.call(Metadata, { topics: [topic] });
  const found = topics[0]!;
  if (found.errorCode !== 0) throw new QError('UNKNOWN_TOPIC', 'the topic is not there');
  return found.topicId;
}

async function readAll(client: InProcessClient): Promise<{ offset: number; value: string }[]> {
  const topicId = await topicIdOf(client);
  const records: { offset: number; value: string }[] = [];
  for (let fetchOffset = -1, highWatermark = 0; fetchOffset < highWatermark;) {
    const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset: Math.max(0, fetchOffset), maxBytes: 700 }];
    const answer = await client.call(Fetch, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1 << 20,
      isolation: 0,
      throttleWaitMs: -1,
      topics: [{ topicId, partitions }],
    });
    const found = answer.topics[0]!.partitions[0]!;
    if (found.errorCode !== 0 && fetchOffset < found.logStartOffset && found.logStartOffset > 0) {
      fetchOffset = found.logStartOffset;
      // An error answer names no high watermark; the next one does.
      highWatermark = fetchOffset + 1;
      continue;
    }
    if (found.errorCode !== 0) throw new QError('STORAGE_FAILED', `fetching fails with ${found.errorCode}`);
    highWatermark = found.highWatermark;
    const before = fetchOffset;
    for (const batch of iterateBatches(found.records)) {
      for (const record of iterateRecords(batch, { fromOffset: Math.max(0, before) })) {
        records.push({ offset: record.offset, value: record.valueText()! });
        fetchOffset = record.offset + 1;
      }
    }
    if (fetchOffset === before) break;
  }
  return records;
}

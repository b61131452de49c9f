import { defaultLogConfig, MemoryFileSystem, openDirectoryStore } from '@q/storage';
import type { File, LogConfig, LogRead, LogStore, OpenMode, PartitionLog, StorageLimits } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { batchBaseOffset, batchLastOffset, iterateBatches } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { append, batch, numbered, orders } from '../conformance/harness.ts';

/** A disk whose reads of log files copy, as a real one's do, and do what the test has planned for them. */
class PlannedDisk extends MemoryFileSystem {
  /** Of the next reads, in their order; later ones pass. */
  plan: ('pass' | 'wait' | 'fail')[] = [];
  opened = 0;
  reads = 0;
  readonly #waiting: (() => void)[] = [];

  get readsWaiting(): number {
    return this.#waiting.length;
  }

  letGo(): void {
    for (const pass of this.#waiting.splice(0)) pass();
  }

  override async open(path: string, mode: OpenMode): Promise<File> {
    const file = await super.open(path, mode);
    if (!path.endsWith('.log')) return file;
    this.opened += 1;
    return {
      read: async (position, length, allocate) => {
        const memory = allocate?.(length) ?? Buffer.alloc(length);
        await this.#next();
        const bytes = await file.read(position, length);
        bytes.copy(memory);
        return memory.subarray(0, bytes.length);
      },
      write: (buffers, position) => file.write(buffers, position),
      datasync: () => file.datasync(),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      size: () => file.size(),
      close: async () => {
        this.opened -= 1;
        await file.close();
      },
    };
  }

  async #next(): Promise<void> {
    this.reads += 1;
    const step = this.plan.shift() ?? 'pass';
    if (step === 'wait') await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (step === 'fail') throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
  }
}

const blockBytes = 4_096;
// Three to a block.
const textBytes = 1_200;
const perBlock = 3;

function failOnFatal(error: Error): never {
  throw error;
}

interface Scene {
  readonly disk: PlannedDisk;
  readonly clock: ManualClock;
  readonly store: LogStore;
  readonly log: PartitionLog;
}

async function setUp(o: {
  batches: number;
  config?: Partial<LogConfig>;
  limits?: Partial<StorageLimits>;
}): Promise<Scene & AsyncDisposable> {
  const disk = new PlannedDisk();
  const clock = new ManualClock();
  const limits = { readBlockBytes: blockBytes, tailCacheBytes: 0, ...o.limits };
  const store = await openDirectoryStore({ directory: '/data', fileSystem: disk, clock, limits, onFatal: failOnFatal });
  const log = await store.open(orders, { ...defaultLogConfig, ...o.config });
  for (const text of numbered(o.batches)) await append(log, [text.padEnd(textBytes)]);
  return { disk, clock, store, log, [Symbol.asyncDispose]: () => store.close() };
}

async function readAt(log: PartitionLog, offset: number, maxBytes = blockBytes): Promise<LogRead> {
  return await log.read({ offset, maxBytes, upTo: 'highWatermark' });
}

function offsetsIn(read: LogRead): number[] {
  return read.buffers.flatMap((buffer) => Array.from(iterateBatches(buffer), (each) => batchBaseOffset(each)));
}

/** Reads the first blocks in order: from the second on, the next is read ahead. */
async function readInOrder(log: PartitionLog, blocks = 2): Promise<number> {
  for (let block = 0; block < blocks; block += 1) {
    const read = await readAt(log, block * perBlock);
    expect(offsetsIn(read)).toEqual([0, 1, 2].map((index) => block * perBlock + index));
    read.release?.();
  }
  return blocks * perBlock;
}

describe('reading a log in order', () => {
  it('Z2 finds the next block read already: the disk is not asked again', async () => {
    await using scene = await setUp({ batches: 30 });
    const { log, disk, store, clock } = scene;
    const next = await readInOrder(log);
    await clock.runDeferred();
    const { reads } = disk;
    const third = readAt(log, next);
    expect(disk.reads).toBe(reads);
    expect(offsetsIn(await third)).toEqual([6, 7, 8]);
    expect([store.stats.readsAhead, store.stats.readsAheadUnused]).toEqual([1, 0]);
  });

  it('reads nothing ahead of one who only looks in, nor of one at the end', async () => {
    await using scene = await setUp({ batches: 6 });
    const { log, store, clock } = scene;
    for (const offset of [0, 4, 2]) await readAt(log, offset);
    await readInOrder(log);
    await clock.advance(10_000);
    expect([store.stats.readsAhead, store.stats.readsAheadUnused]).toEqual([0, 0]);
  });

  it('does not give a block out that ended where the log ended then', async () => {
    await using scene = await setUp({ batches: 7 });
    const { log, store } = scene;
    const next = await readInOrder(log);
    await append(log, ['more'.padEnd(textBytes)]);
    expect(offsetsIn(await readAt(log, next))).toEqual([6, 7]);
    expect([store.stats.readsAhead, store.stats.readsAheadUnused]).toEqual([0, 1]);
  });

  it('does not give out more than is asked for, nor less than there is', async () => {
    await using scene = await setUp({ batches: 30 });
    const { log } = scene;
    expect(offsetsIn(await readAt(log, await readInOrder(log), 1_000))).toEqual([6]);
    expect(offsetsIn(await readAt(log, 7, 2 * blockBytes))).toEqual([7, 8, 9, 10, 11, 12]);
  });

  it('leaves a batch larger than a block to whoever comes for it', async () => {
    await using scene = await setUp({ batches: 6 });
    const { log, store } = scene;
    await append(log, ['large'.padEnd(3 * blockBytes)]);
    await append(log, ['small'.padEnd(textBytes)]);
    const next = await readInOrder(log);
    expect(offsetsIn(await readAt(log, next))).toEqual([6]);
    expect(store.stats.readsAhead).toBe(0);
    expect(offsetsIn(await readAt(log, next + 1))).toEqual([7]);
  });

  it('throws an error of reading ahead at nobody; who comes next reads, and meets the error if it is still there', async () => {
    await using scene = await setUp({ batches: 30 });
    const { log, disk, store } = scene;
    await readAt(log, 0);
    disk.plan = ['pass', 'fail'];
    await readAt(log, 3);
    // What was to be there is not: this one reads for itself, and what follows it fails as well, twice.
    disk.plan.push('pass', 'fail', 'fail');
    expect(offsetsIn(await readAt(log, 6))).toEqual([6, 7, 8]);
    await expect(readAt(log, 9)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect([disk.plan, store.stats.readsAhead]).toEqual([[], 0]);
    expect(offsetsIn(await readAt(log, 9))).toEqual([9, 10, 11]);
  });

  it('S4 a compaction meanwhile leaves nothing of what was replaced', async () => {
    const config = {
      cleanupPolicy: { delete: false, compact: true },
      segmentBytes: 8 * textBytes,
      indexIntervalBytes: 1,
      minCleanableDirtyRatio: 0,
      retentionMs: -1,
    };
    await using scene = await setUp({ batches: 0, config });
    const { log, store, clock } = scene;
    // Two segments, of which the second makes the first all but empty, and one to be active.
    const key = (index: number): string => `k${index % 6}=${String(index)}`.padEnd(textBytes, 'x');
    for (let index = 0; index < 21; index += 1) await append(log, [key(index)]);
    await readInOrder(log, 1);
    (await readAt(log, 3)).release?.();
    await clock.runDeferred();
    expect((await store.maintain()).logsCompacted).toBe(1);
    const read = await readAt(log, 6);
    const [first] = offsetsIn(read);
    expect(first).toBeGreaterThan(6);
    expect(store.stats.readsAhead).toBe(0);
  });

  it('S4 retention meanwhile takes nothing from a reader behind it, and serves nothing before it', async () => {
    await using scene = await setUp({ batches: 40, config: { segmentBytes: 5 * textBytes } });
    const { log, store, clock } = scene;
    await readAt(log, 0);
    (await readAt(log, 4)).release?.();
    await readAt(log, 4);
    await clock.runDeferred();
    await log.deleteBefore(20);
    await expect(readAt(log, 8)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    expect(offsetsIn(await readAt(log, 20))[0]).toBe(20);
    expect(store.stats.readsAhead).toBe(0);
  });

  it('a log that closes waits for what is being read ahead, and its file is closed', async () => {
    const scene = await setUp({ batches: 30 });
    const { log, disk, store } = scene;
    await readAt(log, 0);
    disk.plan = ['pass', 'wait'];
    await readAt(log, 3);
    await scene.clock.runDeferred();
    expect(disk.readsWaiting).toBe(1);
    let isClosed = false;
    const closed = log.close().then(() => (isClosed = true));
    await scene.clock.runDeferred();
    expect(isClosed).toBe(false);
    disk.letGo();
    await closed;
    await store.close();
    expect([disk.opened, scene.clock.pending, store.stats.readsAheadUnused]).toEqual([0, 0, 1]);
  });

  it('a log that is deleted waits as well', async () => {
    await using scene = await setUp({ batches: 30 });
    const { log, disk, store } = scene;
    await readInOrder(log);
    await store.delete(orders);
    await expect(async () => readAt(log, 6)).rejects.toMatchObject({ code: 'CLOSED' });
    expect([disk.readsWaiting, disk.opened]).toEqual([0, 0]);
  });

  it('Z2 uses memory again that was released, and never what was not', async () => {
    await using scene = await setUp({ batches: 30, limits: { readAheadBytes: 0 } });
    const { log } = scene;
    const kept = await readAt(log, 0);
    const bytes = Buffer.concat(kept.buffers);
    const memory = new Set<ArrayBufferLike>();
    for (let offset = 3; offset < 30; offset += perBlock) {
      const read = await readAt(log, offset);
      memory.add((read.buffers[0] as Buffer).buffer);
      read.release?.();
    }
    expect(memory.size).toBe(1);
    expect([...memory]).not.toContain((kept.buffers[0] as Buffer).buffer);
    expect(Buffer.concat(kept.buffers).equals(bytes)).toBe(true);
  });

  it('shares one budget between all readers', async () => {
    await using scene = await setUp({ batches: 30, limits: { readAheadBytes: 2 * blockBytes } });
    const { store, clock } = scene;
    const logs = await Promise.all(
      [1, 2, 3].map((partition) => store.open({ ...orders, partition }, defaultLogConfig)),
    );
    for (const log of logs) for (const text of numbered(30)) await append(log, [text.padEnd(textBytes)]);
    for (const log of logs) await readInOrder(log);
    await clock.runDeferred();
    for (const log of logs) expect(offsetsIn(await readAt(log, 6))).toEqual([6, 7, 8]);
    // The third found no room when it had read its second block.
    expect(store.stats.readsAhead).toBe(2);
  });

  it('does not mind what was appended since: a full block stays good', async () => {
    await using scene = await setUp({ batches: 9 });
    const { log, store } = scene;
    const next = await readInOrder(log);
    const appended = log.append(batch(['more'.padEnd(textBytes)]), { leaderEpoch: 0 });
    await appended.durable;
    const read = await readAt(log, next);
    expect(offsetsIn(read)).toEqual([6, 7, 8]);
    expect(batchLastOffset(read.buffers[0] as Buffer)).toBe(6);
    expect(store.stats.readsAhead + store.stats.readsAheadUnused).toBe(1);
  });
});

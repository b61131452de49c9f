import { assignOffsets, batchLastOffset, batchRecordsCount } from '@q/protocol';
import { StorageError, defaultLogConfig } from '@q/storage';
import type {
  Append,
  AppendOptions,
  AppendWaiter,
  EpochEnd,
  LogConfig,
  LogDescription,
  LogId,
  LogRead,
  PartitionLog,
  RecordCount,
  TimestampedOffset,
} from '@q/storage';

/** What a log answers to an append that ends with `durable`. */
export function appendOf(o: { baseOffset: number; lastOffset: number; durable: Promise<void> }): Append {
  const whenSettled = (waiter: AppendWaiter): void =>
    void o.durable.then(
      () => waiter.kept(),
      (error: StorageError) => waiter.failed(error),
    );
  return { ...o, logAppendTimeMs: -1, duplicate: false, repeats: [], whenSettled };
}

/** A log in memory whose appends become durable when the test says so, or at once. */
export class FakeLog implements PartitionLog {
  readonly id: LogId;
  config: LogConfig = defaultLogConfig;
  state: 'open' | 'quarantined' | 'closed' = 'open';
  logStartOffset = 0;
  logEndOffset = 0;
  highWatermark = 0;
  readonly leaderEpoch = 0;
  readonly segments = 1;
  /** Appends wait for `settle` while this is set. */
  holdsAppends = false;
  /** Reads answer with a promise, as from a file, while this is set. */
  readsLate = false;
  reads = 0;
  /** Reads that answered late and were given back. */
  released = 0;
  failNext: Error | null = null;
  lastOptions: AppendOptions | null = null;
  readonly batches: Buffer[] = [];
  /** Offsets that records were deleted before. */
  readonly deletions: number[] = [];
  readonly #pending: { resolve: () => void; reject: (error: Error) => void; end: number }[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(id: Partial<LogId> = {}) {
    this.id = { topic: 't', topicId: '00000000-0000-4000-8000-0000000000aa', partition: 0, ...id };
  }

  get lastStableOffset(): number {
    return this.highWatermark;
  }

  get diskBytes(): number {
    return this.bytes;
  }

  get bytes(): number {
    return this.batches.reduce((sum, batch) => sum + batch.length, 0);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  openTransactionOf(): null {
    return null;
  }

  openTransactions(): [] {
    return [];
  }

  producers(): [] {
    return [];
  }

  repeatsOf(): number[] {
    return [];
  }

  append(batch: Buffer, options: AppendOptions): Append {
    this.lastOptions = options;
    if (this.failNext !== null) {
      const error = this.failNext;
      this.failNext = null;
      throw error;
    }
    const baseOffset = this.logEndOffset;
    assignOffsets(batch, { baseOffset, leaderEpoch: 0 });
    this.batches.push(batch);
    this.logEndOffset += batchRecordsCount(batch);
    const end = this.logEndOffset;
    const durable = new Promise<void>((resolve, reject) => this.#pending.push({ resolve, reject, end }));
    if (!this.holdsAppends) this.settle();
    return appendOf({ baseOffset, lastOffset: end - 1, durable });
  }

  recordsFrom(offset: number): RecordCount {
    return { records: this.highWatermark - Math.max(offset, this.logStartOffset), isExact: true };
  }

  /** Everything appended so far becomes durable, or fails. */
  settle(error: Error | null = null): void {
    for (const { resolve, reject, end } of this.#pending.splice(0)) {
      if (error !== null) {
        reject(error);
        continue;
      }
      this.highWatermark = end;
      resolve();
    }
    for (const listener of this.#listeners) listener();
  }

  read({ offset, maxBytes }: { offset: number; maxBytes: number }): LogRead | Promise<LogRead> {
    if (this.state === 'closed') throw new StorageError('CLOSED', 'the log is closed');
    const buffers: Buffer[] = [];
    let bytes = 0;
    for (const batch of this.batches) {
      if (batchLastOffset(batch) < offset || batchLastOffset(batch) >= this.highWatermark) continue;
      if (bytes > 0 && bytes + batch.length > maxBytes) break;
      buffers.push(batch);
      bytes += batch.length;
    }
    const { highWatermark, logStartOffset, lastStableOffset } = this;
    const read = { buffers, bytes, highWatermark, logStartOffset, lastStableOffset };
    this.reads += 1;
    return this.readsLate ? Promise.resolve({ ...read, release: () => void (this.released += 1) }) : read;
  }

  onHighWatermark(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  updateConfig(config: LogConfig): void {
    this.config = config;
  }

  offsetForTimestamp(): Promise<TimestampedOffset | null> {
    return Promise.resolve(null);
  }

  latestTimestamp(): Promise<TimestampedOffset | null> {
    return Promise.resolve(null);
  }

  leaderEpochAt(): number {
    return this.leaderEpoch;
  }

  leaderEpochEnd(epoch: number): EpochEnd {
    return { epoch, endOffset: this.logEndOffset };
  }

  deleteBefore(offset: number): Promise<number> {
    this.deletions.push(offset);
    this.logStartOffset = Math.max(this.logStartOffset, offset);
    return Promise.resolve(this.logStartOffset);
  }

  describe(): LogDescription {
    const { id, state, logStartOffset, highWatermark, logEndOffset, lastStableOffset, leaderEpoch, segments, bytes } =
      this;
    return {
      id,
      state,
      logStartOffset,
      highWatermark,
      logEndOffset,
      lastStableOffset,
      leaderEpoch,
      segments,
      bytes,
      recoveryPoint: highWatermark,
      damage: null,
    };
  }

  close(): Promise<void> {
    this.state = 'closed';
    return Promise.resolve();
  }
}

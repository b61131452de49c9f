/**
 * The metadata of a single broker, on an internal compacted topic: one record for each change, its key the entry's key,
 * its value JSON-free text. Written through the same partition log as everybody's records, so it is as durable.
 *
 * Invariants:
 *  1. `#entries` is the log below its high watermark, folded: the last value of each key, absent when that was null.
 *  2. An entry's version is the offset of its record + 1, so versions rise with every change and survive a restart.
 *  3. Changes are made one after another (`#tail`): each is compared with a state in which all earlier ones are
 *     durable.
 *  4. `#removed` are the keys whose last record in the log is a removal, and its version: they are forgotten at the
 *     next start after compaction has dropped that record.
 */
import { batchLastOffset, encodeBatch, iterateBatches, iterateRecords } from '@q/protocol';
import type { Clock } from '../clock.ts';
import type { PartitionLog } from '@q/storage';
import type {
  CompareAndSet,
  CompareAndSetResult,
  MetadataChange,
  MetadataEntry,
  MetadataList,
  MetadataStore,
  WatchOptions,
} from './metadata-store.ts';

const readBytes = 1 << 20;

export class LogMetadataStore implements MetadataStore {
  readonly #log: PartitionLog;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #entries = new Map<string, MetadataEntry>();
  readonly #removed = new Map<string, number>();
  readonly #watchers = new Set<WatchOptions>();
  #revision = 0;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(log: PartitionLog, clock: Pick<Clock, 'now'>) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Reads the whole log. Nobody else may write to it from now on. */
  static async open(log: PartitionLog, clock: Pick<Clock, 'now'>): Promise<LogMetadataStore> {
    const store = new LogMetadataStore(log, clock);
    await store.#replay();
    return store;
  }

  get(key: string): Promise<MetadataEntry | null> {
    return Promise.resolve(this.#entries.get(key) ?? null);
  }

  list(prefix: string): Promise<MetadataList> {
    const entries = [...this.#entries.values()].filter((entry) => entry.key.startsWith(prefix));
    return Promise.resolve({ entries, revision: this.#revision });
  }

  compareAndSet(change: CompareAndSet): Promise<CompareAndSetResult> {
    const result = this.#tail.then(() => this.#change(change));
    // A change that failed has told its caller; the next one starts from what is durable.
    this.#tail = result.catch(() => undefined);
    return result;
  }

  watch(watcher: WatchOptions): () => void {
    for (const change of this.#changesAfter(watcher)) watcher.listener(change);
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** What has become of the keys that were changed since, in the order of the last changes. */
  #changesAfter({ prefix, afterRevision }: WatchOptions): MetadataChange[] {
    if (afterRevision >= this.#revision) return [];
    const changes: { version: number; change: MetadataChange }[] = [];
    for (const entry of this.#entries.values())
      changes.push({ version: entry.version, change: { kind: 'put', entry } });
    for (const [key, version] of this.#removed) changes.push({ version, change: { kind: 'removed', key, version } });
    return changes
      .filter(({ version, change }) => version > afterRevision && keyOf(change).startsWith(prefix))
      .sort((left, right) => left.version - right.version)
      .map(({ change }) => change);
  }

  async #change({ key, expectedVersion, value, isVital = false }: CompareAndSet): Promise<CompareAndSetResult> {
    const current = this.#entries.get(key) ?? null;
    if ((current?.version ?? 0) !== expectedVersion) return { isSet: false, entry: current };
    if (value === null && current === null) return { isSet: true, entry: null };

    const record = {
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestampMs: this.#clock.now(),
    };
    const { baseOffset, durable } = this.#log.append(encodeBatch([record]), { leaderEpoch: 0, isVital });
    await durable;
    const entry = this.#fold(key, value, baseOffset);
    this.#notify(entry === null ? { kind: 'removed', key, version: this.#revision } : { kind: 'put', entry });
    return { isSet: true, entry };
  }

  #fold(key: string, value: string | null, offset: number): MetadataEntry | null {
    const version = offset + 1;
    this.#revision = version;
    if (value === null) {
      this.#entries.delete(key);
      this.#removed.set(key, version);
      return null;
    }
    const entry = { key, value, version };
    this.#removed.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  #notify(change: MetadataChange): void {
    const key = keyOf(change);
    for (const { prefix, listener } of this.#watchers) {
      if (key.startsWith(prefix)) listener(change);
    }
  }

  async #replay(): Promise<void> {
    let offset = this.#log.logStartOffset;
    while (offset < this.#log.highWatermark) {
      const read = await this.#log.read({ offset, maxBytes: readBytes, upTo: 'highWatermark' });
      for (const buffer of read.buffers) {
        for (const batch of iterateBatches(buffer)) offset = this.#replayBatch(batch);
      }
      if (read.buffers.length === 0) return;
    }
  }

  /** Returns the offset after the batch. */
  #replayBatch(batch: Buffer): number {
    for (const record of iterateRecords(batch)) {
      const key = record.keyText();
      if (key !== null) this.#fold(key, record.valueText(), record.offset);
    }
    return batchLastOffset(batch) + 1;
  }
}

function keyOf(change: MetadataChange): string {
  return change.kind === 'put' ? change.entry.key : change.key;
}

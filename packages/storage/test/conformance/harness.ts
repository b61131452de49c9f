import { expect } from 'vitest';
import { encodeBatch, iterateBatches, iterateRecords, messageIdHeader } from '@q/protocol';
import type { RecordInput } from '@q/protocol';
import { defaultLogConfig } from '@q/storage';
import type { Append, LogConfig, LogId, LogRead, LogStore, PartitionLog, StoreOptions } from '@q/storage';
import { ManualClock } from '@q/testkit';

/** One kind of store under test. */
export interface StoreKind {
  readonly name: string;
  /** A fresh place to keep logs in. */
  readonly place: () => Promise<StorePlace>;
}

export interface StorePlace {
  /** Opens the store that lies here: the same data each time, where `keeps` is true. */
  open(options: Partial<StoreOptions> & { clock: ManualClock }): Promise<LogStore>;
  /** False: what was stored is gone once the store is closed. */
  readonly keeps: boolean;
  remove(): Promise<void>;
}

/** A store in a test, on a clock that the test moves. Close it with `await using`. */
export class StoreUnderTest implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly place: StorePlace;
  readonly #options: Partial<StoreOptions>;
  store: LogStore;
  #isOpen = true;

  private constructor(o: { place: StorePlace; clock: ManualClock; store: LogStore; options: Partial<StoreOptions> }) {
    this.place = o.place;
    this.clock = o.clock;
    this.store = o.store;
    this.#options = o.options;
  }

  static async start(kind: StoreKind, options: Partial<StoreOptions> = {}): Promise<StoreUnderTest> {
    const place = await kind.place();
    const clock = new ManualClock({ startMs: 1_700_000_000_000 });
    return new StoreUnderTest({ place, clock, options, store: await place.open({ ...options, clock }) });
  }

  async open(config: Partial<LogConfig> = {}, id: Partial<LogId> = {}): Promise<PartitionLog> {
    return this.store.open({ ...orders, ...id }, { ...defaultLogConfig, ...config });
  }

  /** A clean shutdown and a new start. */
  async restart(options: Partial<StoreOptions> = {}): Promise<void> {
    await this.store.close();
    await this.reopen(options);
  }

  /** A start after the store was closed. */
  async reopen(options: Partial<StoreOptions> = {}): Promise<void> {
    this.#isOpen = false;
    this.store = await this.place.open({ ...this.#options, ...options, clock: this.clock });
    this.#isOpen = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOpen) await this.store.close();
    await this.place.remove();
  }
}

export const orders: LogId = { topic: 'orders', topicId: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff', partition: 0 };

/** One record per text: `key=value`, `key=` (a tombstone), or a value alone; `id:` in front names the record. */
export function record(text: string, timestampMs?: number): RecordInput {
  const [, id, rest] = /^(?:([^:=]*):)?(.*)$/s.exec(text) as unknown as [string, string | undefined, string];
  const equals = rest.indexOf('=');
  const value = rest.slice(equals + 1);
  return {
    key: equals < 0 ? null : rest.slice(0, equals),
    value: equals >= 0 && value === '' ? null : value,
    ...(timestampMs === undefined ? {} : { timestampMs }),
    ...(id === undefined ? {} : { headers: [{ key: messageIdHeader, value: Buffer.from(id) }] }),
  };
}

export interface BatchShape {
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly timestampMs?: number;
  readonly isTransactional?: boolean;
  readonly codec?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
}

export function batch(texts: readonly string[], shape: BatchShape = {}): Buffer {
  const { timestampMs, ...rest } = shape;
  const stamp = rest.producerId === undefined ? rest : { producerEpoch: 0, baseSequence: 0, ...rest };
  return encodeBatch(
    texts.map((text) => record(text, timestampMs)),
    stamp,
  );
}

/** Appends, and waits until it is durable. */
export async function append(log: PartitionLog, texts: readonly string[], shape: BatchShape = {}): Promise<Append> {
  const appended = log.append(batch(texts, shape), { leaderEpoch: 0 });
  await appended.durable;
  return appended;
}

/** Every record from `fromOffset` to the high watermark (or the end), as `offset:key=value`. */
export async function contents(
  log: PartitionLog,
  o: { fromOffset?: number; upTo?: 'highWatermark' | 'end'; maxBytes?: number } = {},
): Promise<string[]> {
  const upTo = o.upTo ?? 'highWatermark';
  const seen: string[] = [];
  let offset = o.fromOffset ?? log.logStartOffset;
  for (;;) {
    const read = await log.read({ offset, maxBytes: o.maxBytes ?? 1 << 20, upTo });
    const next = collect(read, offset, seen);
    read.release?.();
    if (next === offset) return seen;
    offset = next;
  }
}

/** Adds what was read from `fromOffset` on. Returns the offset to go on from. */
function collect(read: LogRead, fromOffset: number, seen: string[]): number {
  let next = fromOffset;
  for (const buffer of read.buffers) {
    for (const each of iterateBatches(buffer)) {
      for (const view of iterateRecords(each, { fromOffset })) {
        const key = view.keyText();
        seen.push(`${view.offset}:${key === null ? '' : `${key}=`}${view.valueText() ?? ''}`);
      }
      next = Number(each.readBigInt64BE(0)) + each.readInt32BE(23) + 1;
    }
  }
  return next;
}

/** Numbered texts, for logs of which only the order matters. */
export function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `v${from + index}`);
}

export function at(offset: number, texts: readonly string[]): string[] {
  return texts.map((text, index) => `${offset + index}:${text}`);
}

export function errorWith(code: string, details?: Record<string, unknown>): unknown {
  return expect.objectContaining({
    code,
    ...(details === undefined ? {} : { details: expect.objectContaining(details) }),
  });
}

/**
 * Who this broker is and in which term it serves.
 *
 * A term begins when the broker starts after a stop that it could not announce: a crash, a kill, a power cut. Leader
 * epochs are counted in terms, so that a client notices when records that were acknowledged without a sync may be gone.
 *
 * Metadata entries (frozen):
 *   cluster          the cluster id, a UUID
 *   brokers/<id>     {"format":1,"term":3,"state":"running"|"stopped"}
 */
import { QError } from '@q/protocol';
import { randomUuid } from '../random.ts';
import type { Random } from '../random.ts';
import { isStorageFull } from '../storage-full.ts';
import { parseJson } from './json.ts';
import type { MetadataEntry, MetadataStore } from './metadata-store.ts';

const clusterKey = 'cluster';
const brokersPrefix = 'brokers/';
/**
 * A restored broker goes on from an older term than its clients may know: the one that was backed up may have crashed
 * since. So many more crashes are left room for.
 */
const restoredTerms = 1_000;

interface TermRecord {
  readonly term: number;
  readonly state: 'running' | 'stopped';
}

export class BrokerTerm {
  readonly clusterId: string;
  /** Counts up from 0. */
  readonly term: number;
  /** Whether the last run ended without `end`. */
  readonly followsCrash: boolean;
  readonly #metadata: MetadataStore;
  readonly #key: string;
  #isNoted = false;

  private constructor(options: {
    clusterId: string;
    term: number;
    followsCrash: boolean;
    metadata: MetadataStore;
    key: string;
  }) {
    this.clusterId = options.clusterId;
    this.term = options.term;
    this.followsCrash = options.followsCrash;
    this.#metadata = options.metadata;
    this.#key = options.key;
  }

  /**
   * Notes durably that this broker runs. On a full disk that may not be possible: see `isNoted`.
   * @throws QError CORRUPT_LOG, INVALID_CONFIG; StorageError STORAGE_FULL where the broker has never run here
   */
  static async begin(
    metadata: MetadataStore,
    options: { brokerId: number; random: Random; restored?: { readonly asNew: boolean } | null },
  ): Promise<BrokerTerm> {
    const { restored = null } = options;
    const key = `${brokersPrefix}${options.brokerId}`;
    const isNew = restored?.asNew === true;
    const clusterId = await (isNew ? renewClusterId : readClusterId)(metadata, options.random);
    const entry = await metadata.get(key);
    const last = entry === null ? await lastOfOther(metadata, restored) : decode(entry);
    const followsCrash = last?.state === 'running';
    const raise = restored !== null ? restoredTerms : followsCrash ? 1 : 0;
    const term = last === null ? 0 : last.term + raise;
    const begun = new BrokerTerm({ clusterId, term, followsCrash, metadata, key });
    try {
      await begun.note();
    } catch (error) {
      if (last === null || !isStorageFull(error)) throw error;
    }
    return begun;
  }

  /**
   * False while nothing durable says that this term has begun. No record may be acknowledged in it then: after a crash
   * the next run would have the same term, and nobody would notice that some are gone.
   */
  get isNoted(): boolean {
    return this.#isNoted;
  }

  /** Notes it, if that was not possible before. @throws StorageError STORAGE_FULL */
  async note(): Promise<void> {
    if (this.#isNoted) return;
    await this.#write('running');
    this.#isNoted = true;
  }

  /**
   * Notes durably that this broker stopped as it should; one that never began has nothing to note. @throws StorageError
   * STORAGE_FULL
   */
  async end(): Promise<void> {
    if (this.#isNoted) await this.#write('stopped');
  }

  async #write(state: TermRecord['state']): Promise<void> {
    const entry = await this.#metadata.get(this.#key);
    await write(this.#metadata, entry, { key: this.#key, record: { term: this.term, state } });
  }
}

/** In a restored folder the broker may have another id than the one that was backed up. */
async function lastOfOther(metadata: MetadataStore, restored: object | null): Promise<TermRecord | null> {
  if (restored === null) return null;
  const { entries } = await metadata.list(brokersPrefix);
  return entries.map(decode).toSorted((left, right) => right.term - left.term)[0] ?? null;
}

async function renewClusterId(metadata: MetadataStore, random: Random): Promise<string> {
  const entry = await metadata.get(clusterKey);
  const value = randomUuid(random);
  await metadata.compareAndSet({ key: clusterKey, expectedVersion: entry?.version ?? 0, value });
  return value;
}

async function readClusterId(metadata: MetadataStore, random: Random): Promise<string> {
  const entry = await metadata.get(clusterKey);
  if (entry !== null) return entry.value;
  const { entry: made } = await metadata.compareAndSet({
    key: clusterKey,
    expectedVersion: 0,
    value: randomUuid(random),
  });
  return made!.value;
}

async function write(
  metadata: MetadataStore,
  entry: MetadataEntry | null,
  { key, record }: { key: string; record: TermRecord },
): Promise<void> {
  const change = {
    key,
    expectedVersion: entry?.version ?? 0,
    value: JSON.stringify({ format: 1, ...record }),
    isVital: true,
  };
  const { isSet } = await metadata.compareAndSet(change);
  if (!isSet)
    throw new QError('INVALID_CONFIG', `another broker with the same id writes ${key}`, {
      details: { setting: 'brokerId' },
    });
}

function decode(entry: MetadataEntry): TermRecord {
  const record = parseJson(entry.value) as (Partial<TermRecord> & { format?: number }) | null;
  const isOne =
    record?.format === 1
    && Number.isSafeInteger(record.term)
    && (record.state === 'running' || record.state === 'stopped');
  if (!isOne)
    throw new QError('CORRUPT_LOG', `the metadata entry ${entry.key} is not one that this broker understands`);
  return record as TermRecord;
}

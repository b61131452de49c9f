/**
 * One fetch, resolved once and then read as often as its long poll wakes.
 *
 * Invariants:
 *  1. Entries stand in the order of the request, which is the order of the answer; reading begins at a rotating one, so
 *     that a partition with plenty of data does not starve those behind it.
 *  2. Nothing at or beyond the high watermark is given out: what is not durable may still be lost. Nor is, where
 *     committed records are wanted, anything at or beyond the last stable offset.
 *  3. A collection holds at most `maxBytes` record bytes, or one batch if that alone is larger.
 */
import type { Asking } from '../../caller.ts';
import type { Access } from '../access/access.ts';
import { QError, batchRecordsCount, batchSize } from '@q/protocol';
import type { AbortedRange, EpochEnd, LogRead, PartitionLog } from '@q/storage';
import { toPartitionError } from '../../errors/wire-error.ts';
import { epochEnd } from '../topics/epoch-history.ts';
import type { Leader } from '../topics/leadership.ts';
import { checkLeaderEpoch, requirePartition, unknownTopicId } from '../topics/partition-lookup.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Partition, Topic } from '../topics/topic.ts';

/** What is wanted of one partition. */
export interface FetchPartition {
  readonly partition: number;
  /** The leader epoch that the caller believes in; -1: it does not say. */
  readonly leaderEpoch: number;
  readonly fetchOffset: number;
  /** The leader epoch of the last record that the caller has read, to learn of records that were lost. -1: of none. */
  readonly lastEpoch?: number;
  /** Record bytes; one batch that is larger comes all the same. */
  readonly maxBytes: number;
}

/** The partitions of one topic that a fetch wants. */
export interface FetchTopic {
  readonly topicId: string;
  readonly partitions: readonly FetchPartition[];
}

/** What one partition gives at one look. */
export interface PartitionRead {
  readonly error: QError | null;
  readonly buffers: readonly Buffer[];
  readonly bytes: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** The caller has read records that are not in the log any more: where those of its epoch that are end. */
  readonly divergesAt?: EpochEnd;
  /** Who leads the partition, where that is known and something is wrong. */
  readonly leader?: Leader;
  /** What of the buffers is of aborted transactions; only where committed records are wanted, and there is any. */
  readonly aborted?: readonly AbortedRange[];
  /** There was something to read, and no room for it. */
  readonly isLeftOut: boolean;
  /** Gives the memory of `buffers` back, where it is lent; see `LogRead`. */
  readonly release?: () => void;
}

export interface Collection {
  /** In the order of the request. */
  readonly reads: readonly PartitionRead[];
  readonly bytes: number;
  /** Something is wrong with a partition, and its reader should know at once. */
  readonly hasError: boolean;
  /** No more room: waiting for more would be pointless. */
  readonly isFull: boolean;
}

/** A partition that is there, or the reason why it is not. */
type Entry =
  | { readonly wanted: FetchPartition; readonly partition: Partition; readonly error: null }
  | { readonly wanted: FetchPartition; readonly partition: null; readonly error: QError; readonly leader?: Leader };

/** Where and for whom. */
interface Looking {
  readonly registry: TopicRegistry;
  readonly logger: BrokerLogger;
  readonly access: Access;
  readonly caller: Asking;
}

const noBuffers: readonly Buffer[] = [];

export interface FetchPlanOptions {
  readonly maxBytes: number;
  readonly turn: number;
  /** Nothing of open transactions is read, and it is told what of aborted ones is. Default: everything is. */
  readonly readsCommitted?: boolean | undefined;
}

export class FetchPlan {
  readonly #looking: Looking;
  readonly #entries: Entry[];
  /** Of what `#entries` were allowed by. */
  #accessRevision: number;
  readonly #maxBytes: number;
  readonly #turn: number;
  readonly #upTo: 'highWatermark' | 'lastStable';
  readonly #logger: BrokerLogger;

  constructor(topics: readonly FetchTopic[], options: Looking & FetchPlanOptions) {
    this.#maxBytes = options.maxBytes;
    this.#logger = options.logger;
    this.#looking = options;
    this.#accessRevision = options.access.revision;
    this.#entries = topics.flatMap((topic) => resolveTopic(options, topic));
    this.#upTo = options.readsCommitted === true ? 'lastStable' : 'highWatermark';
    this.#turn = this.#entries.length === 0 ? 0 : options.turn % this.#entries.length;
  }

  /** The partitions whose news matter. */
  get partitions(): Partition[] {
    return this.#entries.flatMap((entry) => entry.partition ?? []);
  }

  /** Counts what is going to be sent, for each topic. Returns its records. */
  countTraffic({ reads }: Collection): number {
    let total = 0;
    for (const [index, { buffers, bytes }] of reads.entries()) {
      if (bytes === 0) continue;
      const records = countRecords(buffers);
      total += records;
      const traffic = this.#entries[index]!.partition?.topic.traffic;
      if (traffic === undefined) continue;
      traffic.recordsOut += records;
      traffic.bytesOut += bytes;
    }
    return total;
  }

  /** Whether a partition has moved on since it was read. */
  hasNews(collection: Collection): boolean {
    return this.#entries.some(({ partition }, index) => {
      const log = partition?.log ?? null;
      if (log === null) return false;
      const read = collection.reads[index]!;
      const isLater =
        this.#upTo === 'lastStable'
          ? log.lastStableOffset > read.lastStableOffset
          : log.highWatermark > read.highWatermark;
      return isLater || partition!.topic.isDeleted;
    });
  }

  /** Reads what is there now, at most `maxBytes` if that is less than usual. At once when all of it is in memory. */
  collect(maxBytes: number = this.#maxBytes): Collection | Promise<Collection> {
    this.#checkAccess();
    const entries = this.#entries;
    const started: (PartitionRead | Promise<PartitionRead>)[] = Array.from({ length: entries.length });
    let remainingBytes = maxBytes;
    let isAsync = false;
    for (let step = 0; step < entries.length; step += 1) {
      const index = (this.#turn + step) % entries.length;
      const entry = entries[index]!;
      // The numbers come from the wire: a negative one must not make room for others.
      const roomBytes = Math.max(0, Math.min(Math.max(1, entry.wanted.maxBytes), remainingBytes));
      const read = this.#read(entry, roomBytes);
      started[index] = read;
      isAsync ||= read instanceof Promise;
      // What a file will give is not known yet; reckon with all that it may give.
      remainingBytes -= read instanceof Promise ? roomBytes : read.bytes;
    }
    if (!isAsync) return this.#gather(started as PartitionRead[], maxBytes);
    return Promise.all(started.map((read) => Promise.resolve(read))).then((reads) => this.#gather(reads, maxBytes));
  }

  /** What somebody may read may change while its request waits. */
  #checkAccess(): void {
    const { access, caller } = this.#looking;
    if (access.revision === this.#accessRevision) return;
    this.#accessRevision = access.revision;
    const refusals = new Map<Topic, QError | null>();
    for (const [index, { partition, wanted }] of this.#entries.entries()) {
      if (partition === null) continue;
      const { topic } = partition;
      const refusal = refusals.has(topic) ? refusals.get(topic)! : access.refusal(caller, 'read', topic.resource);
      refusals.set(topic, refusal);
      if (refusal !== null) this.#entries[index] = { wanted, partition: null, error: refusal };
    }
  }

  /** Reads one partition; no bytes are wanted when there is no room any more. */
  #read(entry: Entry, maxBytes: number): PartitionRead | Promise<PartitionRead> {
    if (entry.partition === null) return { ...failed(entry.error, null), ...leaderOf(entry) };
    const { partition, wanted } = entry;
    try {
      const read = readPartition(partition, wanted, { maxBytes, upTo: this.#upTo });
      if (!(read instanceof Promise)) return read;
      return read.then(succeeded, (thrown: unknown) => this.#failed(thrown, partition));
    } catch (thrown) {
      return this.#failed(thrown, partition);
    }
  }

  #failed(thrown: unknown, partition: Partition): PartitionRead {
    return failed(toPartitionError(thrown, this.#logger), partition);
  }

  /** Keeps the answer within its bound: a batch that passes it waits for the next fetch, unless it is the first. */
  #gather(reads: PartitionRead[], maxBytes: number): Collection {
    let bytes = 0;
    let hasError = false;
    let isFull = false;
    for (let step = 0; step < reads.length; step += 1) {
      const index = (this.#turn + step) % reads.length;
      const read = reads[index]!;
      hasError ||= read.error !== null || read.divergesAt !== undefined;
      isFull ||= read.isLeftOut;
      if (bytes > 0 && bytes + read.bytes > maxBytes) {
        isFull = true;
        read.release?.();
        reads[index] = leftOut(read);
      } else {
        bytes += read.bytes;
      }
    }
    return { reads, bytes, hasError, isFull };
  }
}

function resolveTopic(looking: Looking, { topicId, partitions }: FetchTopic): Entry[] {
  const { registry, access, caller } = looking;
  const topic = registry.byId(topicId);
  // Once for all partitions: it counts, and is noted.
  const refusal = topic === undefined ? unknownTopicId(topicId) : access.refusal(caller, 'read', topic.resource);
  if (refusal !== null) return partitions.map((wanted) => ({ wanted, partition: null, error: refusal }));
  return partitions.map((wanted) => resolve(looking, topic!, wanted));
}

function resolve({ logger }: Looking, topic: Topic, wanted: FetchPartition): Entry {
  let found: Partition | null = null;
  try {
    found = requirePartition(topic, wanted.partition);
    checkLeaderEpoch(found, wanted.leaderEpoch);
    return { wanted, partition: found, error: null };
  } catch (thrown) {
    return { wanted, partition: null, error: toPartitionError(thrown, logger), ...leaderOf(found) };
  }
}

function countRecords(buffers: readonly Buffer[]): number {
  let records = 0;
  for (const buffer of buffers) {
    for (let position = 0; position < buffer.length; position += batchSize(buffer, position)) {
      records += batchRecordsCount(buffer, position);
    }
  }
  return records;
}

function leaderOf(place: { readonly leader?: Leader } | null): { readonly leader?: Leader } {
  return place?.leader === undefined ? {} : { leader: place.leader };
}

function readPartition(
  partition: Partition,
  { fetchOffset: offset, lastEpoch = -1 }: FetchPartition,
  { maxBytes, upTo }: { readonly maxBytes: number; readonly upTo: 'highWatermark' | 'lastStable' },
): PartitionRead | Promise<LogRead> {
  // It may have gone while the request waited.
  if (partition.topic.isDeleted) throw unknownTopicId(partition.topic.id);
  const log = partition.requireLog();
  const { logStartOffset } = log;
  const divergesAt = lastEpoch < 0 ? null : divergence(partition, offset, lastEpoch);
  if (divergesAt !== null) {
    return { ...emptyRead(log, { isLeftOut: false }), divergesAt };
  }
  if (offset < logStartOffset || offset > log.logEndOffset) throw outOfRange(partition, offset);
  const isAtEnd = offset >= (upTo === 'lastStable' ? log.lastStableOffset : log.highWatermark);
  if (isAtEnd || maxBytes === 0) return emptyRead(log, { isLeftOut: !isAtEnd });
  const read = log.read({ offset, maxBytes, upTo });
  return read instanceof Promise ? read : succeeded(read);
}

/** One object and no spread: a consumer of a thousand idle partitions makes as many of them with each poll. */
function emptyRead(log: PartitionLog, { isLeftOut }: { readonly isLeftOut: boolean }): PartitionRead {
  return {
    error: null,
    buffers: noBuffers,
    bytes: 0,
    highWatermark: log.highWatermark,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.logStartOffset,
    isLeftOut,
  };
}

/** Where to go back to, if records of `lastEpoch` below `offset` are not in the log; null if they are. */
function divergence(partition: Partition, offset: number, lastEpoch: number): EpochEnd | null {
  const end = epochEnd(partition, lastEpoch);
  if (end === null || offset < partition.requireLog().logStartOffset) throw outOfRange(partition, offset);
  return end.epoch < lastEpoch || end.endOffset < offset ? end : null;
}

function succeeded(read: LogRead): PartitionRead {
  return { ...read, error: null, isLeftOut: false };
}

function leftOut({ error, highWatermark, lastStableOffset, logStartOffset }: PartitionRead): PartitionRead {
  return { error, highWatermark, lastStableOffset, logStartOffset, buffers: noBuffers, bytes: 0, isLeftOut: true };
}

/** Nobody looks at what was read any more. */
export function releaseReads({ reads }: Collection): void {
  for (const { release } of reads) release?.();
}

function failed(error: QError, partition: Partition | null): PartitionRead {
  const logStartOffset = partition?.log?.logStartOffset ?? -1;
  const nothing = { buffers: noBuffers, bytes: 0, isLeftOut: false };
  return { ...nothing, error, highWatermark: -1, lastStableOffset: -1, logStartOffset, ...leaderOf(partition) };
}

function outOfRange(partition: Partition, offset: number): QError {
  const { logStartOffset, logEndOffset } = partition.requireLog();
  const where = `partition ${partition.index} of topic ${partition.topic.name}`;
  const holds =
    logStartOffset === logEndOffset ? `is empty at ${logEndOffset}` : `has ${logStartOffset} to ${logEndOffset}`;
  return new QError('OFFSET_OUT_OF_RANGE', `offset ${offset} is not in ${where}, which ${holds}`, {
    details: { offset, logStartOffset, logEndOffset },
  });
}

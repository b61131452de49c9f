/**
 * How far groups are behind, in records and in time (rows M1, G3).
 *
 * Records are counted from offsets alone. For the time, the header of the batch that a group reads next is looked at:
 * as a rule it lies in memory, and what was found holds until the group commits. From files at most `filesMax` batches
 * are read for one look, so that a thousand groups far behind cost as little as ten. What had no turn is told as it was
 * found last, or as unknown.
 */
import { batchBaseOffset, batchBaseTimestamp, batchMaxTimestamp } from '@q/protocol';
import type { LogRead, PartitionLog } from '@q/storage';
import type { Clock } from '../../clock.ts';
import { statisticsLimits } from '../../limits.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Topic } from '../topics/topic.ts';
import { Turn } from '../turn.ts';
import type { GroupDirectory } from './group-directory.ts';
import { wantedTopics } from './live-group.ts';
import type { LiveGroup } from './live-group.ts';

/** One group in one topic, all its partitions together. */
export interface GroupLag {
  readonly groupId: string;
  readonly topic: string;
  /** Behind the committed offsets, or behind the starts without one. */
  readonly lagRecords: number;
  /** False: there may be fewer, as in compacted topics. */
  readonly lagExact: boolean;
  /** Age of the oldest record that is not committed, in ms; 0: there is none; -1: not known yet. */
  readonly lagMs: number;
}

export interface GroupLagsOptions {
  readonly directory: Pick<GroupDirectory, 'groups'>;
  readonly registry: Pick<TopicRegistry, 'byId' | 'byName'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'defer'>;
  readonly limits: Pick<BrokerLimits, 'turnMsMax'>;
}

/** The record that a group reads next in a partition, and its time (ms since 1970; -1: not known). */
interface NextRecord {
  readonly offset: number;
  readonly timestampMs: number;
}

/** A partition in which a group is behind. */
interface Behind {
  readonly key: string;
  readonly log: PartitionLog;
  readonly offset: number;
}

interface Row {
  readonly groupId: string;
  readonly topic: string;
  readonly lagRecords: number;
  readonly lagExact: boolean;
  readonly behind: readonly Behind[];
}

export class GroupLags {
  readonly #options: GroupLagsOptions;
  /** What was found, for the partitions in which some group is behind. */
  #found: ReadonlyMap<string, NextRecord> = new Map();
  #last: { readonly atMs: number; readonly list: Promise<readonly GroupLag[]> } | null = null;

  constructor(options: GroupLagsOptions) {
    this.#options = options;
  }

  /** Every group and every topic that it reads. Not older than `lagAgeMsMax`; whoever asks meanwhile gets the same. */
  list(): Promise<readonly GroupLag[]> {
    const atMs = this.#options.clock.monotonic();
    if (this.#last === null || atMs - this.#last.atMs >= statisticsLimits.lagAgeMsMax)
      this.#last = { atMs, list: this.#look() };
    return this.#last.list;
  }

  async #look(): Promise<readonly GroupLag[]> {
    const turn = new Turn(this.#options);
    const rows: Row[] = [];
    for (const live of this.#options.directory.groups()) {
      if (!live.exists) continue;
      for (const topic of this.#topicsOf(live)) {
        const row = this.#rowOf(live, topic);
        if (row !== null) rows.push(row);
        if (turn.isOver(topic.partitions.length)) await turn.next();
      }
    }
    this.#found = await this.#findTimes(rows, turn);
    const nowMs = this.#options.clock.now();
    return rows.map(({ behind, ...row }) => ({ ...row, lagMs: this.#ageOf(behind, nowMs) }));
  }

  /** Those that its members want, and those that it has committed offsets of. */
  #topicsOf(live: LiveGroup): Set<Topic> {
    const { registry } = this.#options;
    const topics = new Set<Topic>();
    const add = (topic: Topic | undefined): void => {
      if (topic !== undefined && !topic.internal) topics.add(topic);
    };
    for (const name of wantedTopics(live)) add(registry.byName(name));
    for (const topicId of live.offsets.topicIds()) add(registry.byId(topicId));
    return topics;
  }

  /** Null where no partition can be asked. */
  #rowOf({ groupId, offsets }: LiveGroup, { id, name, partitions }: Topic): Row | null {
    let lagRecords = 0;
    let lagExact = true;
    let isKnown = false;
    const behind: Behind[] = [];
    for (const { index, log } of partitions) {
      if (log === null) continue;
      isKnown = true;
      const offset = Math.max(offsets.get(id, index)?.offset ?? 0, log.logStartOffset);
      if (offset >= log.highWatermark) continue;
      const { records, isExact } = log.recordsFrom(offset);
      lagRecords += records;
      lagExact &&= isExact;
      if (records > 0) behind.push({ key: `${groupId}\n${id}\n${index}`, log, offset });
    }
    return isKnown ? { groupId, topic: name, lagRecords, lagExact, behind } : null;
  }

  async #findTimes(rows: readonly Row[], turn: Turn): Promise<Map<string, NextRecord>> {
    const found = new Map<string, NextRecord>();
    const { lagFilesMax, laggingPartitionsMax } = statisticsLimits;
    const late: Promise<void>[] = [];
    const all = rows.flatMap(({ behind }) => behind).slice(0, laggingPartitionsMax);
    const unknown = all.filter(({ key }) => !this.#found.has(key));
    // What is not known at all goes first.
    for (const { key, log, offset } of [...unknown, ...all.filter((behind) => this.#found.has(behind.key))]) {
      const known = this.#found.get(key);
      if (known !== undefined) found.set(key, known);
      if (known?.offset === offset || late.length >= lagFilesMax) continue;
      const read = readNext(log, offset);
      if (read instanceof Promise) late.push(read.then((record) => void (record && found.set(key, record))));
      else if (read !== null) found.set(key, read);
      if (turn.isOver(1)) await turn.next();
    }
    await Promise.all(late);
    return found;
  }

  #ageOf(behind: readonly Behind[], nowMs: number): number {
    if (behind.length === 0) return 0;
    let oldestMs = Infinity;
    for (const { key } of behind) {
      const timestampMs = this.#found.get(key)?.timestampMs ?? -1;
      if (timestampMs >= 0 && timestampMs < oldestMs) oldestMs = timestampMs;
    }
    // The clock of a producer may be ahead of ours.
    return oldestMs === Infinity ? -1 : Math.max(0, nowMs - oldestMs);
  }
}

/** The time of the record at an offset, or of one shortly behind it in its batch. Null where it cannot be read. */
function readNext(log: PartitionLog, offset: number): NextRecord | null | Promise<NextRecord | null> {
  try {
    const read = log.read({ offset, maxBytes: 1, upTo: 'highWatermark' });
    if (!(read instanceof Promise)) return nextOf(read, offset);
    // It is damaged, or has gone meanwhile: whoever reads it for its records is told why.
    return read.then(
      (late) => nextOf(late, offset),
      () => null,
    );
  } catch {
    // As above.
    return null;
  }
}

function nextOf({ buffers, release }: LogRead, offset: number): NextRecord | null {
  const [batch] = buffers;
  if (batch === undefined) return null;
  const isFirst = batchBaseOffset(batch) >= offset;
  const timestampMs = isFirst ? batchBaseTimestamp(batch) : batchMaxTimestamp(batch);
  release?.();
  return { offset, timestampMs };
}

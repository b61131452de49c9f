/**
 * What one consumer fetches again and again, so that it names only what has changed, and is told only that (KIP-227).
 *
 * Invariants
 * - A session belongs to one connection, and ends with it. Its id is that of no other session of this broker.
 * - A session names its topics all by id or all by name.
 * - `partitionCount` counts what is in it, and `SessionRoom` knows of each. It has no topic without partitions, and
 *   none of a name that no topic can have: what it holds is bounded by that count.
 */
import type { CallerSignal, FetchPartition } from '@q/broker';
import { protocolLimits } from '@q/protocol';

/** A topic of a request: by name up to version 12, by id from version 13 on. */
export interface TopicName {
  readonly topic: string;
  readonly topicId: string;
}

/** What is wanted of one topic. */
export interface WantedTopic extends TopicName {
  readonly partitions: readonly FetchPartition[];
}

/** What a consumer was told of a partition. */
export interface Told {
  readonly highWatermark: number;
  readonly logStartOffset: number;
}

interface SessionTopic extends TopicName {
  readonly partitions: Map<number, FetchPartition>;
  readonly told: Map<number, Told>;
  /** `partitions` as a list, until they change. */
  wanted: WantedTopic | null;
}

/** Room for the partitions of all sessions of a door. */
export class SessionRoom {
  readonly #partitionsMax: number;
  #partitions = 0;
  #lastId = 0;

  constructor({ partitionsMax }: { readonly partitionsMax: number }) {
    this.#partitionsMax = partitionsMax;
  }

  /** Whether there is room for so many more, which are taken then; a negative number gives them back. */
  take(partitions: number): boolean {
    if (partitions > 0 && this.#partitions + partitions > this.#partitionsMax) return false;
    this.#partitions += partitions;
    return true;
  }

  /** An id that no session has; a broker does not live through as many as there are. */
  nextId(): number {
    this.#lastId = this.#lastId === epochMax ? 1 : this.#lastId + 1;
    return this.#lastId;
  }
}

const epochMax = 0x7fff_ffff;

export class FetchSession {
  readonly id: number;
  readonly usesIds: boolean;
  partitionCount = 0;
  readonly #room: SessionRoom;
  readonly #stopWatching: () => void;
  readonly #topics = new Map<string, SessionTopic>();
  /** Of the request that comes next. */
  #epoch = 1;

  constructor(room: SessionRoom, o: { readonly usesIds: boolean; readonly signal: CallerSignal }) {
    this.id = room.nextId();
    this.usesIds = o.usesIds;
    this.#room = room;
    this.#stopWatching = o.signal.onAbort(() => this.end());
  }

  get wanted(): WantedTopic[] {
    return [...this.#topics.values()].map(
      (each) =>
        (each.wanted ??= { topic: each.topic, topicId: each.topicId, partitions: [...each.partitions.values()] }),
    );
  }

  /** Counts a request; false for one that is not the next. */
  advance(epoch: number): boolean {
    if (epoch !== this.#epoch) return false;
    this.#epoch = epoch === epochMax ? 1 : epoch + 1;
    return true;
  }

  /** Adds partitions, or changes what is wanted of them. False: there is no room for them; the session is to end. */
  update(topics: readonly WantedTopic[]): boolean {
    for (const wanted of topics) {
      const { topic, topicId } = wanted;
      if (wanted.partitions.length === 0) continue;
      if (topic.length > protocolLimits.topicNameCharactersMax) return false;
      const key = this.#keyOf(wanted);
      let known = this.#topics.get(key);
      if (known === undefined) {
        known = { topic, topicId, partitions: new Map(), told: new Map(), wanted: null };
        this.#topics.set(key, known);
      }
      for (const partition of wanted.partitions) known.partitions.set(partition.partition, partition);
      known.wanted = null;
    }
    return this.#recount();
  }

  /** Drops partitions. */
  forget(topics: readonly (TopicName & { readonly partitions: readonly number[] })[]): void {
    for (const forgotten of topics) {
      const key = this.#keyOf(forgotten);
      const known = this.#topics.get(key);
      if (known === undefined) continue;
      for (const partition of forgotten.partitions) {
        known.partitions.delete(partition);
        known.told.delete(partition);
      }
      known.wanted = null;
      if (known.partitions.size === 0) this.#topics.delete(key);
    }
    this.#recount();
  }

  /** Notes what an answer tells of a partition; false where the consumer knows it already. */
  tell(topic: TopicName, partition: number, { highWatermark, logStartOffset }: Told): boolean {
    const told = this.#topics.get(this.#keyOf(topic))?.told;
    const before = told?.get(partition);
    if (before?.highWatermark === highWatermark && before.logStartOffset === logStartOffset) return false;
    told?.set(partition, { highWatermark, logStartOffset });
    return true;
  }

  /** Something was wrong: once it is not any more, the consumer is told whatever the partition says. */
  untell(topic: TopicName, partition: number): void {
    this.#topics.get(this.#keyOf(topic))?.told.delete(partition);
  }

  /** Gives its room back. */
  end(): void {
    this.#stopWatching();
    this.#topics.clear();
    this.#recount();
  }

  #keyOf({ topic, topicId }: TopicName): string {
    return this.usesIds ? topicId : topic;
  }

  #recount(): boolean {
    let partitions = 0;
    for (const topic of this.#topics.values()) partitions += topic.partitions.size;
    if (!this.#room.take(partitions - this.partitionCount)) return false;
    this.partitionCount = partitions;
    return true;
  }
}

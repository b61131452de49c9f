/**
 * The committed offsets of one group: a fold of the records that the broker has made durable.
 *
 * Invariants:
 *  1. `size` is the number of partitions over all topics; no topic is kept without partitions.
 *  2. `latestCommitMs` never goes back: deleting an offset is no reason to let the rest expire sooner.
 */

export interface OffsetCommit {
  /** Offset of the next record to handle. */
  readonly offset: number;
  /** Leader epoch of the last record that was handled; -1 = unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string | null;
  /** Ms since 1970. */
  readonly committedAtMs: number;
}

export interface CommittedOffset extends OffsetCommit {
  /** When the offset last moved forward, ms since 1970. */
  readonly progressedAtMs: number;
}

/** A committed offset, and what it is of. */
export interface CommittedOffsetEntry {
  readonly topicId: string;
  readonly partition: number;
  readonly committed: CommittedOffset;
}

/** The committed offsets of one group, by topic and partition. */
export class CommittedOffsets {
  readonly #topics = new Map<string, Map<number, CommittedOffset>>();
  #size = 0;
  #latestCommitMs: number | null = null;

  get size(): number {
    return this.#size;
  }

  /** When the last commit was put, on the clock that never goes back; null when there was none. */
  get latestCommitMs(): number | null {
    return this.#latestCommitMs;
  }

  /** Null when none is committed. */
  get(topicId: string, partition: number): CommittedOffset | null {
    return this.#topics.get(topicId)?.get(partition) ?? null;
  }

  /** What `put` would keep for this commit: for the record that has to be durable first. */
  next(topicId: string, partition: number, commit: OffsetCommit): CommittedOffset {
    const before = this.get(topicId, partition);
    const hasProgressed = before === null || commit.offset > before.offset;
    return { ...commit, progressedAtMs: hasProgressed ? commit.committedAtMs : before.progressedAtMs };
  }

  /** Keeps a commit that is durable. `nowMs` is when it was made, on the clock that never goes back. */
  put(topicId: string, partition: number, committed: CommittedOffset, nowMs: number): void {
    const topic = this.#topics.get(topicId) ?? new Map<number, CommittedOffset>();
    this.#topics.set(topicId, topic);
    if (!topic.has(partition)) this.#size += 1;
    topic.set(partition, committed);
    this.#latestCommitMs = Math.max(this.#latestCommitMs ?? -Infinity, nowMs);
  }

  /** Topics of which something is committed. */
  topicIds(): IterableIterator<string> {
    return this.#topics.keys();
  }

  /** Whether there was one. */
  delete(topicId: string, partition: number): boolean {
    const topic = this.#topics.get(topicId);
    if (topic === undefined || !topic.delete(partition)) return false;
    this.#size -= 1;
    if (topic.size === 0) this.#topics.delete(topicId);
    return true;
  }

  /** Deletes what was committed for a topic that is gone, and says for which partitions that was, ascending. */
  deleteTopic(topicId: string): number[] {
    const partitions = [...(this.#topics.get(topicId)?.keys() ?? [])].sort((left, right) => left - right);
    this.#topics.delete(topicId);
    this.#size -= partitions.length;
    return partitions;
  }

  /** All of them, in no order. */
  *entries(): Generator<CommittedOffsetEntry> {
    for (const [topicId, topic] of this.#topics) {
      for (const [partition, committed] of topic) yield { topicId, partition, committed };
    }
  }
}

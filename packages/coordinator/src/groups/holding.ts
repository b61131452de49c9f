import { countPartitions, filterPartitions } from '../partitions.ts';
import type { PartitionsByTopic } from '../partitions.ts';

/**
 * What one member holds while an assignor works. It begins as the member's old target and copies a list only when that
 * list changes: most members of a large group keep all they have.
 *
 * Invariants:
 *  1. `size` is the number of partitions in `#lists`; no list is empty.
 *  2. `#own`, when it is there, is `#lists`. Lists in `#changed` are this holding's own; the others are ascending.
 */
export class Holding {
  #size: number;
  #lists: PartitionsByTopic;
  #own: Map<string, readonly number[]> | null = null;
  readonly #changed = new Map<string, number[]>();

  constructor(target: PartitionsByTopic) {
    this.#lists = target;
    this.#size = countPartitions(target);
  }

  get size(): number {
    return this.#size;
  }

  count(topicId: string): number {
    return this.#lists.get(topicId)?.length ?? 0;
  }

  topicIds(): Iterable<string> {
    return this.#lists.keys();
  }

  /** Before anything was added or taken. */
  retain(keeps: (topicId: string, partition: number) => boolean): void {
    this.#lists = filterPartitions(this.#lists, keeps);
    this.#size = countPartitions(this.#lists);
  }

  add(topicId: string, partition: number): void {
    this.#change(topicId).push(partition);
    this.#size += 1;
  }

  /** Takes a partition of the topic away: one that was just added if there is one, else the last. */
  take(topicId: string): number {
    const list = this.#change(topicId);
    const partition = list.pop()!;
    this.#size -= 1;
    if (list.length === 0) {
      this.#changed.delete(topicId);
      this.#own!.delete(topicId);
    }
    return partition;
  }

  finish(): PartitionsByTopic {
    for (const list of this.#changed.values()) list.sort((left, right) => left - right);
    return this.#lists;
  }

  #change(topicId: string): number[] {
    let list = this.#changed.get(topicId);
    if (list === undefined) {
      list = [...(this.#lists.get(topicId) ?? [])];
      this.#changed.set(topicId, list);
      this.#own ??= new Map(this.#lists);
      this.#own.set(topicId, list);
      this.#lists = this.#own;
    }
    return list;
  }
}

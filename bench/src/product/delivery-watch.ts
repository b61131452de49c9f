import type { GroupConsumer } from '@q/client';

/**
 * Sees when which member gets the records of each partition: the longest pause in the delivery of the partitions that
 * stay with their member, and when each of those that move flows again.
 */
export class DeliveryWatch {
  readonly #lastMs = new Map<number, number>();
  readonly #flowing = new Map<number, number>();
  #moving: ReadonlySet<number> = new Set();
  #leaver: GroupConsumer | null = null;
  #gapMsMax = 0;

  /** Consumes and acknowledges for as long as the consumer runs. */
  async follow(consumer: GroupConsumer): Promise<void> {
    for await (const message of consumer) {
      this.#delivered(message.partition, consumer);
      message.ack();
    }
  }

  /**
   * Counts from now on. `moving` are the partitions that will get another member, `leaver` is who had them, if it is
   * watched.
   */
  begin(o: { moving: Iterable<number>; leaver: GroupConsumer | null }): void {
    this.#moving = new Set(o.moving);
    this.#leaver = o.leaver;
    this.#gapMsMax = 0;
    this.#flowing.clear();
  }

  /** The longest pause so far in a partition that stays where it is. */
  get gapMsMax(): number {
    return this.#gapMsMax;
  }

  /** When each moving partition was first delivered to its new member, on the clock of `performance.now`. */
  get flowing(): ReadonlyMap<number, number> {
    return this.#flowing;
  }

  #delivered(partition: number, by: GroupConsumer): void {
    const nowMs = performance.now();
    if (!this.#moving.has(partition))
      this.#gapMsMax = Math.max(this.#gapMsMax, nowMs - (this.#lastMs.get(partition) ?? nowMs));
    else if (by !== this.#leaver && !this.#flowing.has(partition)) this.#flowing.set(partition, nowMs);
    this.#lastMs.set(partition, nowMs);
  }
}

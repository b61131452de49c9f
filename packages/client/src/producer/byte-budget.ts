/**
 * How many bytes of records a producer holds.
 *
 * Bytes in batches and bytes of records that are still parked are counted apart. A parked `send` may go on when the
 * batches have room; if parked bytes counted there too, records parked behind it could keep it waiting for ever.
 *
 * Invariants
 * - Both counts are never negative; each byte is counted once, from when its record is accepted until it is settled.
 * - `onRoom` listeners and `ready` waiters are called only from `release`, after the counts are right.
 */
export class ByteBudget {
  readonly bytesMax: number;
  readonly bytesHardMax: number;
  #inBatches = 0;
  #parked = 0;
  #waiters: (() => void)[] = [];
  readonly #onRoom: () => void;

  constructor(o: { bytesMax: number; bytesHardMax: number; onRoom: () => void }) {
    this.bytesMax = o.bytesMax;
    this.bytesHardMax = o.bytesHardMax;
    this.#onRoom = o.onRoom;
  }

  get usedBytes(): number {
    return this.#inBatches + this.#parked;
  }

  /** Whether a record that can wait has to. */
  get batchesFull(): boolean {
    return this.#inBatches >= this.bytesMax;
  }

  get isFull(): boolean {
    return this.usedBytes >= this.bytesMax;
  }

  get isOverfull(): boolean {
    return this.usedBytes >= this.bytesHardMax;
  }

  add(bytes: number): void {
    this.#inBatches += bytes;
  }

  release(bytes: number): void {
    this.#inBatches -= bytes;
    if (this.#inBatches < this.bytesMax) this.#onRoom();
    this.#wake();
  }

  park(bytes: number): void {
    this.#parked += bytes;
  }

  unpark(bytes: number): void {
    this.#parked -= bytes;
    this.#wake();
  }

  /** Resolves when half of the budget is free, so that a producer that fills it in a loop wakes seldom and then has work to do. */
  ready(): Promise<void> {
    if (!this.isFull) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Lets everyone go on who waits, as when the producer closes; what they do next will tell them. */
  wakeAll(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  #wake(): void {
    if (this.#waiters.length > 0 && this.usedBytes <= this.bytesMax / 2) this.wakeAll();
  }
}

/**
 * How many bytes of records a producer holds.
 *
 * Bytes in batches and bytes of records that are still parked are counted apart. A parked `send` may go on when the
 * batches have room; if parked bytes counted there too, records parked behind it could keep it waiting for ever.
 *
 * A producer that enqueues in a loop is asked to pause after every batch's worth of bytes even while there is room:
 * only between turns of the event loop can what it made leave, and answers come in
 * (docs/notes/2026-11-22-letting-the-loop-turn.md).
 *
 * Invariants
 * - Both counts are never negative; each byte is counted once, from when its record is accepted until it is settled.
 * - `ready` waiters go on only when there is room and no pause is due, or when the producer closes; `onRoom` is called
 *   after the counts are right.
 */
export class ByteBudget {
  readonly bytesMax: number;
  readonly bytesHardMax: number;
  readonly #stepBytes: number;
  readonly #defer: (fn: () => void) => void;
  #inBatches = 0;
  #parked = 0;
  #sincePause = 0;
  #isPausing = false;
  #waiters: (() => void)[] = [];
  readonly #onRoom: () => void;

  /** `stepBytes`: a batch's worth. `defer`: calls back in the next turn of the event loop. */
  constructor(o: {
    bytesMax: number;
    bytesHardMax: number;
    stepBytes: number;
    defer: (fn: () => void) => void;
    onRoom: () => void;
  }) {
    this.bytesMax = o.bytesMax;
    this.bytesHardMax = o.bytesHardMax;
    this.#stepBytes = o.stepBytes;
    this.#defer = o.defer;
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

  /** Whether a producer that does not wait for its records should let the event loop turn, or wait for room. */
  get wantsPause(): boolean {
    return this.#isPausing || this.isFull;
  }

  add(bytes: number): void {
    this.#inBatches += bytes;
    this.#sincePause += bytes;
    if (this.#sincePause >= this.#stepBytes) this.#pause();
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

  /** Resolves when no pause is due and, if the buffer was full, a batch's worth of it is free again. */
  ready(): Promise<void> {
    if (!this.wantsPause) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Lets everyone go on who waits, as when the producer closes; what they do next will tell them. */
  wakeAll(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  #wake(): void {
    if (this.#waiters.length > 0 && !this.#isPausing && this.usedBytes <= this.bytesMax - this.#stepBytes)
      this.wakeAll();
  }

  #pause(): void {
    if (this.#isPausing) return;
    this.#isPausing = true;
    this.#defer(() => {
      this.#isPausing = false;
      this.#sincePause = 0;
      this.#wake();
    });
  }
}

/**
 * Unsent and reserved answer bytes of all connections of a broker.
 *
 * Invariant: whoever was told that there is no room is told once when there is some, in the order of asking, and has to
 * ask again.
 */
export class OutputTotal {
  bytes = 0;
  readonly #bounds: OutputBounds;
  #waiters = new Set<() => void>();

  /** The bounds are looked at each time: they may move while the broker runs. */
  constructor(bounds: OutputBounds) {
    this.#bounds = bounds;
  }

  /** Nobody who has something unsent gets more. */
  get isUsedUp(): boolean {
    return this.bytes > this.#bounds.bytesMax;
  }

  /** A single answer that is larger than all room still goes through when nothing else does. */
  hasRoomFor(bytes: number): boolean {
    return this.bytes === 0 || this.bytes + bytes <= this.#bounds.bytesMax;
  }

  /** Room that is kept for those who have taken all that they got, when others who have not hold the rest. */
  hasSpareRoomFor(bytes: number): boolean {
    return this.bytes + bytes <= this.#bounds.bytesHardMax;
  }

  adjust(bytes: number): void {
    this.bytes += bytes;
    if (bytes >= 0 || this.#waiters.size === 0) return;
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const roomAgain of waiters) roomAgain();
  }

  whenRoom(roomAgain: () => void): void {
    this.#waiters.add(roomAgain);
  }
}

interface OutputBounds {
  readonly bytesMax: number;
  readonly bytesHardMax: number;
}

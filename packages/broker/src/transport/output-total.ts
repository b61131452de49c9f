/**
 * Unsent and reserved answer bytes of all connections of a broker.
 *
 * Invariant: whoever was told that there is no room is told once when there is some, in the order of asking, and has to
 * ask again.
 */
export class OutputTotal {
  bytes = 0;
  readonly #bytesMax: number;
  readonly #bytesHardMax: number;
  #waiters = new Set<() => void>();

  constructor(options: { bytesMax: number; bytesHardMax: number }) {
    this.#bytesMax = options.bytesMax;
    this.#bytesHardMax = options.bytesHardMax;
  }

  /** Nobody who has something unsent gets more. */
  get isUsedUp(): boolean {
    return this.bytes > this.#bytesMax;
  }

  /** A single answer that is larger than all room still goes through when nothing else does. */
  hasRoomFor(bytes: number): boolean {
    return this.bytes === 0 || this.bytes + bytes <= this.#bytesMax;
  }

  /** Room that is kept for those who have taken all that they got, when others who have not hold the rest. */
  hasSpareRoomFor(bytes: number): boolean {
    return this.bytes + bytes <= this.#bytesHardMax;
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

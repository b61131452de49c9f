import type { StorageLimits } from '../limits.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { StorageStats } from '../stats.ts';

/*
 * Blocks of files that are read before anybody asks for them, because somebody goes through a log in order: one budget
 * for all logs of a store.
 *
 * Invariants
 * - `#bytes` is the sum of what the blocks may take, from the start of their read until they are taken, or dropped and
 *   their read has ended. It stays within `readAheadBytes`, and the blocks within `readAheadBlocksMax`: where there is
 *   no room, nothing is read ahead.
 * - A block is taken once, or dropped once. One that nobody takes is dropped after `readAheadMs`, or twice that;
 *   sooner, if it has waited for so long already and another one wants its room.
 * - A failed read is nobody's error: its block has nothing, and who comes for it reads again.
 */
export class ReadAhead<T> {
  readonly #limits: Pick<StorageLimits, 'readAheadBytes' | 'readAheadBlocksMax' | 'readAheadMs'>;
  readonly #clock: Pick<Clock, 'schedule'>;
  readonly #stats: StorageStats;
  readonly #discard: (found: T) => void;
  /** Those that can still be taken. */
  readonly #blocks = new Set<Block<T>>();
  #bytes = 0;
  /** With those that are dropped and still being read. */
  #count = 0;
  #timer: Timer | null = null;

  /** `discard` gets what was read in vain. */
  constructor(o: {
    limits: Pick<StorageLimits, 'readAheadBytes' | 'readAheadBlocksMax' | 'readAheadMs'>;
    clock: Pick<Clock, 'schedule'>;
    stats: StorageStats;
    discard: (found: T) => void;
  }) {
    this.#limits = o.limits;
    this.#clock = o.clock;
    this.#stats = o.stats;
    this.#discard = o.discard;
  }

  /**
   * Starts to read a block of up to `bytes`; null when there is no room. `dropped` is called if it will not be there to
   * be taken.
   */
  start(o: { bytes: number; read: () => Promise<T | null>; dropped: () => void }): Block<T> | null {
    if (!this.#hasRoom(o.bytes)) this.#dropIdle();
    if (!this.#hasRoom(o.bytes)) return null;
    this.#bytes += o.bytes;
    this.#count += 1;
    const block: Block<T> = { bytes: o.bytes, found: o.read().catch(() => null), dropped: o.dropped, isIdle: false };
    this.#blocks.add(block);
    this.#timer ??= this.#clock.schedule(this.#limits.readAheadMs, this.#look);
    return block;
  }

  /** What the block has, once it is read; null if that failed. From here on it is the caller's. */
  take(block: Block<T>): Promise<T | null> {
    this.#forget(block);
    this.#free(block);
    return block.found;
  }

  /** Nobody will come for the block. Resolves when its read has ended. */
  async drop(block: Block<T>): Promise<void> {
    this.#forget(block);
    this.#stats.readsAheadUnused += 1;
    block.dropped();
    const found = await block.found;
    this.#free(block);
    if (found !== null) this.#discard(found);
  }

  #hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= this.#limits.readAheadBytes && this.#count < this.#limits.readAheadBlocksMax;
  }

  #free(block: Block<T>): void {
    this.#bytes -= block.bytes;
    this.#count -= 1;
  }

  #forget(block: Block<T>): void {
    this.#blocks.delete(block);
    if (this.#blocks.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #dropIdle(): void {
    for (const block of this.#blocks) if (block.isIdle) void this.drop(block);
  }

  readonly #look = (): void => {
    this.#timer = null;
    this.#dropIdle();
    for (const block of this.#blocks) block.isIdle = true;
    if (this.#blocks.size > 0) this.#timer = this.#clock.schedule(this.#limits.readAheadMs, this.#look);
  };
}

/** For ReadAhead alone, but for its identity. */
export interface Block<T> {
  readonly bytes: number;
  readonly found: Promise<T | null>;
  readonly dropped: () => void;
  /** It has waited for `readAheadMs`. */
  isIdle: boolean;
}

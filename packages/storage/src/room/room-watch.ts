import type { Clock } from '../ports/clock.ts';
import type { StorageLog } from '../ports/storage-log.ts';

/** What a refusal was for. */
export interface RoomRefusal {
  /** The setting or limit that was reached. */
  readonly limit: string;
  readonly reason: string;
}

/** What is known of the room at the moment. */
export interface RoomFacts {
  /** Infinite while nobody has looked. */
  readonly freeBytes: number;
  readonly usedBytes: number;
}

/**
 * Says once when appends begin to be refused for want of room, and once when they are taken again.
 *
 * Invariant: between the two lines something was refused at least every `quietMs`, or nothing was stored and no look
 * found room. So a disk with just room enough for small batches is not said to be full again and again.
 */
export class RoomWatch {
  readonly #options: {
    readonly clock: Pick<Clock, 'monotonic'>;
    readonly log: StorageLog;
    readonly quietMs: number;
    readonly facts: () => RoomFacts;
  };
  /** Monotonic ms of the first refusal; null while there is room. */
  #sinceMs: number | null = null;
  #lastMs = 0;
  #refused = 0;

  constructor(options: { clock: Pick<Clock, 'monotonic'>; log: StorageLog; quietMs: number; facts: () => RoomFacts }) {
    this.#options = options;
  }

  /** Appends are refused for want of room. */
  get isFull(): boolean {
    return this.#sinceMs !== null;
  }

  /** So many appends were refused. */
  refused(refusal: RoomRefusal, count = 1): void {
    this.#lastMs = this.#options.clock.monotonic();
    this.#refused += count;
    if (this.#sinceMs !== null) return;
    this.#sinceMs = this.#lastMs;
    this.#options.log.warn(
      { event: 'disk.full', ...refusal, ...this.#facts() },
      'no room: records are refused with STORAGE_FULL until there is some',
    );
  }

  /** Something was stored, or a look at the disk found room. */
  foundRoom(): void {
    if (this.#sinceMs === null) return;
    const nowMs = this.#options.clock.monotonic();
    if (nowMs - this.#lastMs < this.#options.quietMs) return;
    const forMs = Math.round(nowMs - this.#sinceMs);
    this.#sinceMs = null;
    const refused = this.#refused;
    this.#refused = 0;
    this.#options.log.info(
      { event: 'disk.room_again', refused, forMs, ...this.#facts() },
      'there is room again: records are taken',
    );
  }

  #facts(): { freeBytes: number | null; usedBytes: number } {
    const { freeBytes, usedBytes } = this.#options.facts();
    return { freeBytes: Number.isFinite(freeBytes) ? freeBytes : null, usedBytes };
  }
}

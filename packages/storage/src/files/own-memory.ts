import type { LentMemory } from '@q/protocol';

/*
 * Whose memory a batch stays in. Small frames were copied into memory that they share already (`LentMemory.copyOf` of
 * @q/protocol), and their batches stay there; a small part of something else would keep that alive as a whole, and is
 * copied.
 *
 * One batch that stays keeps the whole of what it shares, so sharing pays only where all leave in about the order in
 * which they came, as they do once their files have them. In a store in memory a batch stays for as long as its topic
 * wants: no sharing there.
 */

/** Below this, copying costs less than thinking about it. */
const copyBytesMax = 8 << 10;
/** A larger view may keep this many times its own size alive. */
const pinnedTimesMax = 16;

export class OwnMemory {
  readonly #buffers: LentMemory;
  readonly #shares: boolean;

  /** `shares`: small copies may lie in memory that they share. */
  constructor(o: { buffers: LentMemory; shares: boolean }) {
    this.#buffers = o.buffers;
    this.#shares = o.shares;
  }

  /**
   * `batch` itself, or a copy of it where it is a small part of memory that it would keep alive. The caller is a user
   * of its memory, and lets go of it with `release` of the buffers.
   */
  own(batch: Buffer): Buffer {
    const memory = batch.buffer;
    const pinnedBytes = memory.byteLength;
    const isSmallPart =
      batch.length <= copyBytesMax ? pinnedBytes > batch.length * 2 : pinnedBytes > batch.length * pinnedTimesMax;
    if (isSmallPart || this.#buffers.isShared(batch))
      return this.#shares ? this.#buffers.keepPart(batch, memory) : copyOf(batch);
    this.#buffers.retain(batch);
    return batch;
  }
}

function copyOf(batch: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(batch.length);
  copy.set(batch);
  return copy;
}

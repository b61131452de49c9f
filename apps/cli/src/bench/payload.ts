/** Values like those that programs send: text that a codec can halve, and of which no two are the same. */
export class Payload {
  readonly #pool: Buffer;
  readonly #size: number;
  #at = 0;

  constructor(size: number) {
    this.#size = size;
    this.#pool = fill(size + (1 << 20));
  }

  /** A view that must not be changed. */
  next(): Buffer {
    this.#at = (this.#at + step) % (this.#pool.length - this.#size);
    return this.#pool.subarray(this.#at, this.#at + this.#size);
  }
}

/** A prime: it comes round to every place before it repeats one. */
const step = 104_729;

/** Fields with numbers that nobody can foresee, by a generator that is the same each time. */
function fill(bytes: number): Buffer {
  const pool = Buffer.alloc(bytes);
  let state = 0x9e3779b9;
  for (let at = 0; at < bytes;) {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) ^ (state << 13);
    at += pool.write(`"field${state & 7}":${(state >>> 0).toString(36)},`, at);
    // The last one may not fit whole.
    if (bytes - at < 8) at = bytes;
  }
  return pool;
}

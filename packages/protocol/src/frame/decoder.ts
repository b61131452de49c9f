import { QError } from '../errors.ts';
import { protocolLimits } from '../limits.ts';
import { foreignProtocol } from './foreign-protocol.ts';

/** Limits of a decoder, and who owns its input. */
export interface FrameDecoderOptions {
  /** Largest payload that is accepted, in bytes. */
  readonly frameBytesMax: number;
  /**
   * True when whoever pushes a chunk uses its memory again, once `next()` has returned null or `keepChunks()` was
   * called: frames of `next()` are then never views of a chunk.
   */
  readonly chunksAreLent?: boolean;
  /**
   * Where the memory of a frame that spans chunks comes from, if its sender is trusted with all of it at once: at least
   * `length` bytes, with any content. `Buffer.allocUnsafe` if it is not given.
   */
  readonly allocate?: (length: number) => Buffer;
}

const lengthBytes = 4;
const bufferBytesInitial = 16 * 1024;
const growthFactor = 4;

/**
 * Cuts a stream of bytes into frames.
 *
 *     0        4
 *     | length | payload … |      length u32 = bytes of the payload
 *
 * Invariants
 * - A length is checked against `frameBytesMax` before anything is allocated for it.
 * - Nothing is allocated because the sender says so: a buffer for a frame that spans chunks has at most
 *   four times the bytes that have arrived, or 16 KiB, or as many as the largest
 *   frame that this sender has completed before.
 * - After `next()` has returned null, the decoder holds at most one incomplete frame, and no chunk.
 * - After it has thrown, it throws the same error for ever: the place where the next frame begins is lost.
 */
export class FrameDecoder {
  /** Largest payload that is accepted, in bytes. May be changed at any time; holds for frames that begin afterwards. */
  frameBytesMax: number;

  /** Chunks that were pushed and not looked at yet; the first one up to `#position` has been. */
  #chunks: Buffer[] = [];
  #position = 0;
  #bufferedBytes = 0;

  /** A length field that spans chunks. */
  readonly #prefix: Buffer = Buffer.alloc(lengthBytes);
  #prefixBytes = 0;

  /** A payload that spans chunks: `#frame[0, #frameFilled)` of `#frameLength`. */
  #frame: Buffer | null = null;
  #frameLength = 0;
  #frameFilled = 0;

  readonly #chunksAreLent: boolean;
  readonly #allocate: (length: number) => Buffer;
  #largestFrameBytes: number = bufferBytesInitial;
  #isFirstFrame = true;
  #frameIsLent = false;
  #failure: QError | null = null;

  constructor(options: FrameDecoderOptions) {
    this.frameBytesMax = options.frameBytesMax;
    this.#chunksAreLent = options.chunksAreLent ?? false;
    this.#allocate = options.allocate ?? ((length) => Buffer.allocUnsafe(length));
  }

  /** Bytes that were pushed and not given out as part of a frame yet, length fields included. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Whether the frame that came last is a view of memory that was only lent. */
  get frameIsLent(): boolean {
    return this.#frameIsLent;
  }

  /**
   * Takes the next piece of the stream. The decoder keeps the chunk until `next()` returns null; frames may be views of
   * it unless `chunksAreLent`.
   */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
  }

  /**
   * Copies what was pushed and not looked at yet: for who stops before `next()` has returned null, when the chunks were
   * only lent.
   */
  keepChunks(): void {
    if (this.#chunks.length === 0) return;
    this.#chunks = this.#chunks.map((chunk, index) =>
      Buffer.from(index === 0 ? chunk.subarray(this.#position) : chunk),
    );
    this.#position = 0;
  }

  /**
   * The payload of the next frame, or null when more bytes are needed. It is a view of the chunk when it lay in one
   * (and keeps that chunk alive) unless `chunksAreLent`, else a buffer of its own.
   *
   * @throws QError FRAME_TOO_LARGE or MALFORMED_FRAME; the connection cannot be used any more.
   */
  next(): Buffer | null {
    const frame = this.nextLent();
    return frame !== null && this.#frameIsLent ? Buffer.from(frame) : frame;
  }

  /**
   * As `next()`, but a frame that lies whole in a lent chunk is a view of it (`frameIsLent`): for who is done with it,
   * or has copied what is to stay, before the chunk's memory is used again.
   */
  nextLent(): Buffer | null {
    if (this.#failure !== null) throw this.#failure;
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const payload = this.#advance(chunk);
      if (this.#position === chunk.length) {
        this.#chunks.shift();
        this.#position = 0;
      }
      if (payload !== null) {
        this.#isFirstFrame = false;
        this.#bufferedBytes -= lengthBytes + payload.length;
        if (payload.length > this.#largestFrameBytes) this.#largestFrameBytes = payload.length;
        return payload;
      }
    }
    return null;
  }

  /** One step through the chunk: finishes a frame, or uses the chunk up. */
  #advance(chunk: Buffer): Buffer | null {
    if (this.#frame !== null) return this.#fill(this.#frame, chunk);
    const length = this.#readLength(chunk);
    if (length === null) return null;
    this.#checkLength(length);
    const available = chunk.length - this.#position;
    if (length <= available) {
      const start = this.#position;
      this.#position += length;
      this.#frameIsLent = this.#chunksAreLent;
      return chunk.subarray(start, this.#position);
    }
    this.#frameLength = length;
    this.#frameFilled = 0;
    const trustedBytes = Math.max(this.#largestFrameBytes, available * growthFactor);
    const frame = length <= trustedBytes ? this.#allocate(length) : Buffer.allocUnsafe(trustedBytes);
    return this.#fill(frame.length > length ? frame.subarray(0, length) : frame, chunk);
  }

  /** The length field, or null when the chunk ends inside it. */
  #readLength(chunk: Buffer): number | null {
    if (this.#prefixBytes === 0 && chunk.length - this.#position >= lengthBytes) {
      const length = chunk.readUInt32BE(this.#position);
      this.#position += lengthBytes;
      return length;
    }
    const end = Math.min(chunk.length, this.#position + lengthBytes - this.#prefixBytes);
    this.#prefixBytes += chunk.copy(this.#prefix, this.#prefixBytes, this.#position, end);
    this.#position = end;
    if (this.#prefixBytes < lengthBytes) return null;
    this.#prefixBytes = 0;
    return this.#prefix.readUInt32BE(0);
  }

  /** Copies what the chunk has of the frame; gives the frame when it is complete. */
  #fill(buffer: Buffer, chunk: Buffer): Buffer | null {
    const piece = Math.min(chunk.length - this.#position, this.#frameLength - this.#frameFilled);
    const filled = this.#frameFilled + piece;
    let frame = buffer;
    if (filled > frame.length) {
      // The sender has proven itself with a full buffer: four times that bounds the copies at a third of the frame.
      frame = Buffer.allocUnsafe(Math.min(this.#frameLength, Math.max(filled, buffer.length * growthFactor)));
      buffer.copy(frame, 0, 0, this.#frameFilled);
    }
    chunk.copy(frame, this.#frameFilled, this.#position, this.#position + piece);
    this.#position += piece;
    this.#frameFilled = filled;
    this.#frame = filled === this.#frameLength ? null : frame;
    this.#frameIsLent = false;
    return this.#frame === null ? frame : null;
  }

  #checkLength(length: number): void {
    const foreign = this.#isFirstFrame ? foreignProtocol(length) : null;
    if (length > this.frameBytesMax) {
      this.#fail(
        'FRAME_TOO_LARGE',
        foreign ?? `a frame of ${length} bytes is larger than the limit of ${this.frameBytesMax}`,
        length,
      );
    }
    if (length < protocolLimits.frameBytesMin) {
      this.#fail('MALFORMED_FRAME', `a frame of ${length} bytes is shorter than its header`, length);
    }
  }

  #fail(code: 'FRAME_TOO_LARGE' | 'MALFORMED_FRAME', message: string, length: number): never {
    this.#failure = new QError(code, message, {
      details: { frameBytes: length, frameBytesMax: this.frameBytesMax },
    });
    this.#chunks = [];
    this.#bufferedBytes = 0;
    throw this.#failure;
  }
}

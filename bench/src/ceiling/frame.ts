/*
 * The bare programs' own framing, kept apart from the product's on purpose: a slow decoder of ours must not slow the
 * ceiling that it is measured against.
 *
 * request:  length u32 (of what follows) | correlation u32 | partition u16 | batch
 * ack:      length u32 = 4               | correlation u32
 * served:   length u32 (of what follows) | batches
 */
const requestHeadBytes = 10;
export const ackBytes = 8;

export function requestHead(options: { correlation: number; partition: number; batchBytes: number }): Buffer {
  const head = Buffer.allocUnsafe(requestHeadBytes);
  head.writeUInt32BE(options.batchBytes + requestHeadBytes - 4, 0);
  head.writeUInt32BE(options.correlation, 4);
  head.writeUInt16BE(options.partition, 8);
  return head;
}

export function servedHead(batchBytes: number): Buffer {
  const head = Buffer.allocUnsafe(4);
  head.writeUInt32BE(batchBytes, 0);
  return head;
}

export function writeAck(target: Buffer, at: number, correlation: number): void {
  target.writeUInt32BE(4, at);
  target.writeUInt32BE(correlation, at + 4);
}

/**
 * Cuts a stream of chunks into frame bodies. A body that lay whole in one chunk is a view of it, any other is copied
 * once into a buffer of its own, which is the least that Node's sockets allow.
 */
export class FrameCutter {
  readonly #onBody: (body: Buffer) => void;
  readonly #head = Buffer.allocUnsafe(4);
  #headBytes = 0;
  #body: Buffer | null = null;
  #bodyBytes = 0;

  constructor(onBody: (body: Buffer) => void) {
    this.#onBody = onBody;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#body === null) at = this.#begin(chunk, at);
      else at = this.#fill(chunk, at, this.#body);
    }
  }

  #begin(chunk: Buffer, at: number): number {
    const headLeft = Math.min(4 - this.#headBytes, chunk.length - at);
    chunk.copy(this.#head, this.#headBytes, at, at + headLeft);
    this.#headBytes += headLeft;
    if (this.#headBytes < 4) return at + headLeft;
    this.#headBytes = 0;
    const start = at + headLeft;
    const length = this.#head.readUInt32BE(0);
    if (start + length <= chunk.length) {
      this.#onBody(chunk.subarray(start, start + length));
      return start + length;
    }
    this.#body = Buffer.allocUnsafeSlow(length);
    this.#bodyBytes = 0;
    return start;
  }

  #fill(chunk: Buffer, at: number, body: Buffer): number {
    const bytes = Math.min(body.length - this.#bodyBytes, chunk.length - at);
    chunk.copy(body, this.#bodyBytes, at, at + bytes);
    this.#bodyBytes += bytes;
    if (this.#bodyBytes === body.length) {
      this.#body = null;
      this.#onBody(body);
    }
    return at + bytes;
  }
}

/*
 * Reads the answers to XREAD on one stream, as far as a consumer needs them. In RESP2:
 *
 *   *1  *2  $key  *N  then N times:  *2  $id  *2  $field  $value          (each header and each text ends with \r\n)
 *   *-1 when there is nothing to read
 *
 * Invariant: `#rest` holds the bytes of a token that has not arrived in full.
 */
const lineFeed = 0x0a;
const arraySign = 0x2a;
const bulkSign = 0x24;
const headersBeforeEntries = 3;
const textsOfEntry = 3;

export class RespEntries {
  #rest: Buffer = Buffer.alloc(0);
  #headers = 0;
  #texts = 0;
  #textsWanted = 0;
  #lastId = '0';
  #entries = 0;
  #valueBytes = 0;

  /** @returns whether the answer is complete; the counts are then those of all answers so far */
  push(chunk: Buffer): boolean {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    let isComplete = false;
    while (at < bytes.length && !isComplete) {
      const lineEnd = bytes.indexOf(lineFeed, at);
      if (lineEnd === -1) break;
      const length = numberIn(bytes, at + 1, lineEnd - 1);
      if (bytes[at] === arraySign) {
        at = lineEnd + 1;
        isComplete = this.#array(length);
      } else if (bytes[at] === bulkSign) {
        const start = lineEnd + 1;
        if (bytes.length < start + length + 2) break;
        at = start + length + 2;
        isComplete = this.#text(bytes, start, length);
      } else throw new Error(`Redis answered: ${bytes.toString('latin1', at, lineEnd)}`);
    }
    this.#rest = bytes.subarray(at);
    return isComplete;
  }

  get lastId(): string {
    return this.#lastId;
  }

  get entries(): number {
    return this.#entries;
  }

  get valueBytes(): number {
    return this.#valueBytes;
  }

  #array(length: number): boolean {
    this.#headers += 1;
    if (length === -1) return this.#end();
    if (this.#headers === headersBeforeEntries) this.#textsWanted = length * textsOfEntry;
    return false;
  }

  /** The first text is the key; then come id, field and value of each entry. */
  #text(bytes: Buffer, start: number, length: number): boolean {
    const index = this.#texts - 1;
    this.#texts += 1;
    if (index === -1) return false;
    if (index % textsOfEntry === 2) {
      this.#entries += 1;
      this.#valueBytes += length;
    } else if (index === this.#textsWanted - textsOfEntry)
      this.#lastId = bytes.toString('latin1', start, start + length);
    return index + 1 === this.#textsWanted && this.#end();
  }

  #end(): true {
    this.#headers = 0;
    this.#texts = 0;
    this.#textsWanted = 0;
    return true;
  }
}

function numberIn(bytes: Buffer, from: number, to: number): number {
  if (bytes[from] === 0x2d) return -numberIn(bytes, from + 1, to);
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + (bytes[at]! - 0x30);
  return value;
}

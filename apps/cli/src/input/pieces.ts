/** A piece of the input that is longer than any record may be; the rest of it was not read. */
export class PieceTooLong extends Error {
  override readonly name = 'PieceTooLong';
  readonly bytesMax: number;

  constructor(bytesMax: number) {
    super(`it has more than ${bytesMax} bytes`);
    this.bytesMax = bytesMax;
  }
}

export interface PieceOptions {
  /** What stands behind each piece; one byte or more. */
  readonly delimiter: Buffer;
  /** A piece that does not lie in one chunk is held in memory, up to so many bytes. */
  readonly bytesMax: number;
}

/**
 * Cuts a stream of chunks where the delimiter is, as bytes: nothing is turned into text, so a piece may hold any bytes
 * but the delimiter. A last piece without a delimiter is a piece; an empty input has none.
 *
 * Pieces come in one array per chunk, because awaiting each of many thousand would cost more than sending them. A piece
 * is a view of its chunk where it lies whole in it: use it before the chunk is reused, which Node's streams never do.
 *
 * @throws PieceTooLong after the pieces before it were given
 */
export async function* splitPieces(
  chunks: AsyncIterable<Buffer>,
  { delimiter, bytesMax }: PieceOptions,
): AsyncGenerator<Buffer[], void, undefined> {
  /** The beginning of a piece whose end has not come yet; a list, so that a long one is copied once. */
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  // Node looks for a number in half the time.
  const sought = delimiter.length === 1 ? (delimiter[0] as number) : delimiter;
  for await (const chunk of chunks) {
    const [first, data] = joinedForSearch(pending, chunk, delimiter);
    if (first !== pending) pendingBytes = 0;
    pending = first;
    const pieces: Buffer[] = [];
    let position = 0;
    for (let end = data.indexOf(sought); end >= 0; end = data.indexOf(sought, position)) {
      const rest = data.subarray(position, end);
      pieces.push(pending.length === 0 ? rest : Buffer.concat([...pending, rest]));
      pending = [];
      pendingBytes = 0;
      position = end + delimiter.length;
    }
    if (position < data.length) pending.push(data.subarray(position));
    if (pieces.length > 0) yield pieces;
    pendingBytes += data.length - position;
    if (pendingBytes > bytesMax) throw new PieceTooLong(bytesMax);
  }
  if (pending.length > 0) yield [Buffer.concat(pending)];
}

/** A delimiter of several bytes may lie across two chunks: then what is pending is searched again, together. */
function joinedForSearch(pending: Buffer[], chunk: Buffer, delimiter: Buffer): [pending: Buffer[], data: Buffer] {
  return delimiter.length === 1 || pending.length === 0 ? [pending, chunk] : [[], Buffer.concat([...pending, chunk])];
}

/** All of the input as one piece, also when it is empty. @throws PieceTooLong */
export async function* wholeInput(
  chunks: AsyncIterable<Buffer>,
  { bytesMax }: { bytesMax: number },
): AsyncGenerator<Buffer[], void, undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) throw new PieceTooLong(bytesMax);
  }
  yield [Buffer.concat(parts)];
}

/** A piece at its first separator. `key` is `null` when it has none: such a piece is all value. */
export interface KeyedPiece {
  readonly key: Buffer | null;
  readonly value: Buffer;
}

export function splitKey(piece: Buffer, separator: Buffer): KeyedPiece {
  const at = piece.indexOf(separator);
  if (at < 0) return { key: null, value: piece };
  return { key: piece.subarray(0, at), value: piece.subarray(at + separator.length) };
}

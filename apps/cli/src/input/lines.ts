const newline = 0x0a;

/**
 * Cuts a stream of chunks into lines, as bytes: nothing is turned into text, so a line may hold any byte but a newline,
 * and a carriage return stays. A last line without a newline is a line; an empty input has none.
 *
 * Lines come in one array per chunk, because awaiting each of many thousand lines would cost more than sending them.
 * A line is a view of its chunk where it lies whole in it: use it before the chunk is reused, which Node's streams
 * never do.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer[], void, undefined> {
  /**
   * The beginning of a line whose newline has not come yet; a list, so that a long line is copied once and not per
   * chunk.
   */
  let pending: Buffer[] = [];
  for await (const chunk of chunks) {
    const lines: Buffer[] = [];
    let position = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, position)) {
      const rest = chunk.subarray(position, end);
      lines.push(pending.length === 0 ? rest : Buffer.concat([...pending, rest]));
      pending = [];
      position = end + 1;
    }
    if (position < chunk.length) pending.push(chunk.subarray(position));
    if (lines.length > 0) yield lines;
  }
  if (pending.length > 0) yield [Buffer.concat(pending)];
}

/** A line at its first separator. `key` is `null` when the line has none: such a line is all value. */
export interface KeyedLine {
  readonly key: Buffer | null;
  readonly value: Buffer;
}

export function splitKey(line: Buffer, separator: Buffer): KeyedLine {
  const at = line.indexOf(separator);
  if (at < 0) return { key: null, value: line };
  return { key: line.subarray(0, at), value: line.subarray(at + separator.length) };
}

import { backupError } from './backup-names.ts';

/*
 * As much of the tar format (POSIX ustar) as a backup needs: plain files with names of up to 255 bytes. Every `tar`
 * reads what is written here; what other programs add (folders, times and owners in extended headers) is passed over.
 * No package is used: storage has no dependencies, and this is one header.
 *
 * header, 512 bytes, text filled up with zeros:
 *   0 name 100 │ 100 mode 8 │ 108 uid 8 │ 116 gid 8 │ 124 size 12, octal │ 136 mtime 12, octal, seconds │ 148 checksum 8
 *   156 type 1, '0' │ 157 link 100 │ 257 "ustar\0" │ 263 "00" │ 265 user 32 │ 297 group 32 │ 329 dev 16 │ 345 prefix 155
 * then the file, filled up with zeros to a multiple of 512. Two blocks of zeros end it all.
 */
const blockBytes = 512;
const longNameBytesMax = 64 << 10;

export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes);

export interface TarEntry {
  readonly name: string;
  readonly sizeBytes: number;
}

export function tarHeader({ name, sizeBytes }: TarEntry, modifiedMs: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  const slash = name.length > 100 ? name.indexOf('/', name.length - 101) : -1;
  header.write(name.slice(slash + 1), 0, 100, 'latin1');
  if (slash > 0) header.write(name.slice(0, slash), 345, 155, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write('0000000\0'.repeat(2), 108, 'latin1');
  header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write(
    `${Math.floor(modifiedMs / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
    'latin1',
  );
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** What fills a file of that size up to whole blocks. */
export function tarPadding(sizeBytes: number): Buffer {
  return tarEnd.subarray(0, (blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

function checksumOf(header: Buffer): number {
  let sum = 8 * 32;
  for (let at = 0; at < blockBytes; at += 1) if (at < 148 || at >= 156) sum += header[at] as number;
  return sum;
}

function textAt(header: Buffer, at: number, length: number): string {
  const field = header.toString('latin1', at, at + length);
  const end = field.indexOf('\0');
  return end < 0 ? field : field.slice(0, end);
}

function numberAt(header: Buffer, at: number, length: number): number {
  const text = textAt(header, at, length).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

/** Takes what an entry holds. Each call of `write` is waited for. */
export interface TarSink {
  write(bytes: Buffer): Promise<void>;
  end(): Promise<void>;
}

/**
 * Reads a tar from any pieces, and gives each plain file to what `open` returns for it, or passes it over for null.
 * @throws StorageError CORRUPT_LOG: it is none, or it is cut off
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  open: (entry: TarEntry) => Promise<TarSink | null>,
): Promise<void> {
  const reader = new BlockReader(source);
  let longName: string | null = null;
  for (;;) {
    const header = await reader.take(blockBytes);
    // Enough for the end: some programs leave out the second block, and others fill up with many.
    if (header.every((byte) => byte === 0)) return await reader.drain();
    const sizeBytes = numberAt(header, 124, 12);
    if (numberAt(header, 148, 8) !== checksumOf(header) || !Number.isSafeInteger(sizeBytes))
      throw backupError('this is no tar of a backup, or it is damaged: a header makes no sense');
    const type = textAt(header, 156, 1);
    // Other programs write a name of more than 100 bytes before its file, GNU tar in one way and POSIX in another.
    if (type === 'L' || type === 'x') {
      if (sizeBytes > longNameBytesMax) throw backupError('a header of the tar is too long for one of a backup');
      longName = longNameOf(type, await reader.take(sizeBytes)) ?? longName;
      await reader.take(tarPadding(sizeBytes).length);
      continue;
    }
    const name = (longName ?? nameOf(header)).replace(/^(?:\.\/)+/, '');
    longName = null;
    const sink = type === '0' || type === '' ? await open({ name, sizeBytes }) : null;
    await reader.pass(sizeBytes, async (bytes) => await sink?.write(bytes));
    await sink?.end();
    await reader.take(tarPadding(sizeBytes).length);
  }
}

function nameOf(header: Buffer): string {
  const prefix = textAt(header, 345, 155);
  const plain = textAt(header, 0, 100);
  // GNU tar has something else in the place of the prefix.
  return prefix === '' || textAt(header, 257, 6) !== 'ustar' ? plain : `${prefix}/${plain}`;
}

/** The whole name that such an entry gives to the next one; null where it is about something else. */
function longNameOf(type: 'L' | 'x', bytes: Buffer): string | null {
  if (type === 'L') return textAt(bytes, 0, bytes.length);
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(bytes.toString('utf8'))?.[1] ?? null;
}

class BlockReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#source.next();
    if (done === true) return false;
    this.#rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return true;
  }

  /** Exactly so many. */
  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    await this.pass(length, (bytes) => void parts.push(bytes));
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  async pass(length: number, use: (bytes: Buffer) => Promise<void> | void): Promise<void> {
    for (let left = length; left > 0;) {
      if (this.#rest.length === 0 && !(await this.#more()))
        throw backupError('the backup is cut off: it ends in the middle');
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      if (part.length > 0) await use(part);
    }
  }

  /** To the end, so that whoever writes is not told that nobody listens. */
  async drain(): Promise<void> {
    while (await this.#more());
  }
}

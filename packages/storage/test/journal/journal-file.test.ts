import { describe, expect, it } from 'vitest';
import { assignOffsets, crc32c, encodeBatch } from '@q/protocol';
import { MemoryFileSystem } from '@q/storage';
import { journalBlockBytes } from '../../src/limits.ts';
import { EntryBuilder } from '../../src/journal/journal-entry.ts';
import { createJournalFile, openJournalFile, readJournal } from '../../src/journal/journal-file.ts';
import type { JournalItem, JournalPiece } from '../../src/journal/journal-item.ts';
import { journalName } from '../../src/journal/journal-name.ts';

const topicId = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
const name = journalName({ topic: 'orders', partition: 3, topicId });
const path = '/journal.0';
const sizeBytes = 16 * journalBlockBytes;

const piece: JournalPiece = {
  kind: 'piece',
  name,
  offset: 2 ** 33 + 1,
  endOffset: 2 ** 33 + 3,
  segmentBase: 2 ** 33,
  position: 77,
  bytes: 5,
  appends: [{ batch: Buffer.from('abc') }, { batch: Buffer.from('de') }],
};
const items: readonly JournalItem[] = [piece, { kind: 'cut', name, offset: 9 }, { kind: 'floor', name, offset: 4 }];

/** Of a batch of two records, which is all there is of the partition in the round. */
function single(partition: number, o: { topic?: string; topicId?: string } = {}): JournalPiece {
  const batch = encodeBatch([{ value: 'a' }, { value: 'b' }]);
  assignOffsets(batch, { baseOffset: 2 ** 33 + 5, leaderEpoch: 1 });
  const of = journalName({ topic: 'orders', topicId, ...o, partition });
  return {
    kind: 'piece',
    name: of,
    offset: 2 ** 33 + 5,
    endOffset: 2 ** 33 + 7,
    segmentBase: 2 ** 33,
    position: 99,
    bytes: batch.length,
    appends: [{ batch }],
  };
}

/** The layout of an entry and of a file's head, for ever (RFC 5). */
const goldenEntry =
  `23189c8a 000000ce 0000000200000005 00000003 01 0008 6f72646572732d33 36663936313966662d386238362d346430312d623432642d303063663466633936346666 0000000200000001 0000000200000003 0000000200000000 0000004d 00000005 6162636465`
  + ` 02 0008 6f72646572732d33 36663936313966662d386238362d346430312d623432642d303063663466633936346666 0000000000000009`
  + ` 03 0008 6f72646572732d33 36663936313966662d386238362d346430312d623432642d303063663466633936346666 0000000000000004`;
const goldenHead = '716a6f75726e616c 00000000 00000002 0000000100000007';
const goldenNext = '04 00000007 0000000200000000 00000063';

interface Disk {
  readonly bytes: () => Promise<Buffer>;
  readonly write: (entries: readonly Buffer[], minimum?: number) => Promise<void>;
}

async function disk(): Promise<Disk> {
  const fileSystem = new MemoryFileSystem();
  await createJournalFile(fileSystem, { path, sizeBytes, minimum: 0, blockBytes: 10_000 });
  return {
    bytes: async () => Buffer.from(await fileSystem.readFile(path)),
    write: async (entries, minimum) => {
      const file = await openJournalFile(fileSystem, path);
      if (minimum !== undefined) await file.empty(minimum);
      for (const each of entries) await file.write(each);
      await file.close();
    },
  };
}

/** Of a file with these bytes. */
async function read(bytes: Buffer): Promise<Awaited<ReturnType<typeof readJournal>>> {
  const fileSystem = new MemoryFileSystem();
  await (await fileSystem.open(path, 'create')).write([bytes], 0);
  return await readJournal(fileSystem, path);
}

/** Copies: a builder uses its memory again. */
function entry(sequence: number, content: readonly JournalItem[] = items): Buffer {
  return Buffer.from(new EntryBuilder().build(sequence, content));
}

/** The same bytes with the length and the CRC that they should have, and filled up. */
function sealed(bytes: Buffer): Buffer {
  bytes.writeInt32BE(bytes.length - 8, 4);
  bytes.writeUInt32BE(crc32c(bytes.subarray(4)), 0);
  return Buffer.concat([bytes, Buffer.alloc(journalBlockBytes - bytes.length)]);
}

async function sequences(bytes: Buffer): Promise<number[]> {
  return (await read(bytes)).entries.map(({ sequence }) => sequence);
}

describe('a journal file', () => {
  it('S2 has the layout of RFC 5', async () => {
    const built = entry(2 ** 33 + 5);
    const hex = goldenEntry.replaceAll(' ', '');
    expect(built.length).toBe(journalBlockBytes);
    expect(built.subarray(0, hex.length / 2).toString('hex')).toBe(hex);
    expect(built.subarray(hex.length / 2).every((byte) => byte === 0)).toBe(true);
    const { write, bytes } = await disk();
    await write([], 2 ** 32 + 7);
    const head = (await bytes()).subarray(0, 24);
    expect(`${head.toString('hex', 0, 8)} 00000000 ${head.toString('hex', 12, 16)} ${head.toString('hex', 16)}`).toBe(
      goldenHead,
    );
  });

  it('S2 gives back what was written, in order', async () => {
    const { write, bytes } = await disk();
    await write([entry(7), entry(8, [piece])], 7);
    const content = await read(await bytes());
    expect(content).toMatchObject({ head: 'good', minimum: 7 });
    expect(content.entries.map(({ sequence }) => sequence)).toEqual([7, 8]);
    expect(content.entries[0]?.items).toEqual([
      { ...piece, appends: [{ batch: Buffer.from('abcde') }] },
      ...items.slice(1),
    ]);
  });

  it('S2 names a topic once for the single batches of its partitions that follow each other', async () => {
    const { write, bytes } = await disk();
    const other = { topic: 'bills', topicId: '00000000-8b86-4d01-b42d-00cf4fc964ff' };
    const pieces = [
      single(3),
      single(7),
      piece,
      single(12),
      { kind: 'cut', name, offset: 9 },
      single(4),
      single(5, other),
      single(6, other),
      single(2),
    ] as const;
    const built = entry(1, pieces);
    await write([built], 0);
    expect((await read(await bytes())).entries[0]?.items).toEqual(
      pieces.map((item) => (item === piece ? { ...piece, appends: [{ batch: Buffer.from('abcde') }] } : item)),
    );
    const nexts = [1, 3, 7];
    const nextHex = goldenNext.replaceAll(' ', '');
    const sizes = pieces.map((item, index) => {
      if (nexts.includes(index)) return nextHex.length / 2 + single(0).bytes;
      return 1 + item.name.key.length + 8 + (item.kind === 'piece' ? 24 + item.bytes : 0);
    });
    expect(8 + built.readInt32BE(4)).toBe(sizes.reduce((sum, size) => sum + size, 20));
    const at = 20 + (sizes[0] as number);
    expect(built.toString('hex', at, at + (sizes[1] as number))).toBe(
      nextHex + (single(7).appends[0]?.batch.toString('hex') ?? ''),
    );
  });

  it('S2 what follows nothing that it could be of is no entry', async () => {
    const { write, bytes } = await disk();
    const word = entry(1, [
      { kind: 'cut', name, offset: 9 },
      { kind: 'cut', name, offset: 9 },
    ]);
    const next = Buffer.concat([
      Buffer.from(goldenNext.replaceAll(' ', ''), 'hex'),
      single(7).appends[0]?.batch ?? Buffer.alloc(0),
    ]);
    const bad = Buffer.concat([word.subarray(0, 20 + 1 + name.key.length + 8), next]);
    await write([sealed(bad)], 0);
    expect(await sequences(await bytes())).toEqual([]);
  });

  it('S2 a single batch that says it is smaller than its header, or larger than what is there, is none', async () => {
    const { write, bytes } = await disk();
    const built = entry(1, [single(3), single(7)]);
    const lengthAt =
      20 + (1 + name.key.length + 8 + 24 + single(3).bytes) + goldenNext.replaceAll(' ', '').length / 2 + 8;
    const length = built.readInt32BE(lengthAt);
    for (const [changed, isRead] of [
      [length, true],
      [length + 1, false],
      [40, false],
      [-12, false],
      [-200, false],
    ] as const) {
      const bad = Buffer.from(built.subarray(0, 8 + built.readInt32BE(4)));
      bad.writeInt32BE(changed, lengthAt);
      await write([sealed(bad)], 0);
      expect(await sequences(await bytes()), String(changed)).toEqual(isRead ? [1] : []);
    }
  });

  it('S2 has its full size at once, and does not grow', async () => {
    const { write, bytes } = await disk();
    expect((await bytes()).length).toBe(sizeBytes);
    await write([entry(1)], 0);
    expect((await bytes()).length).toBe(sizeBytes);
  });

  it('S2 an entry that is damaged anywhere is none, and ends what is read unless another follows where its head says', async () => {
    const { write, bytes } = await disk();
    await write([entry(1), entry(2), entry(3)], 0);
    const whole = await bytes();
    const length = 8 + whole.readInt32BE(2 * journalBlockBytes + 4);
    let ended = 0;
    for (let at = 0; at < length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const damaged = Buffer.from(whole);
        const position = 2 * journalBlockBytes + at;
        damaged.writeUInt8(damaged.readUInt8(position) ^ (1 << bit), position);
        const found = await sequences(damaged);
        // Without its length or its sequence nobody knows where the next one begins.
        if (at >= 4 && at < 16 && found.length === 1) ended += 1;
        else expect(found, `byte ${at}, bit ${bit}`).toEqual([1, 3]);
        damaged.fill(0, 3 * journalBlockBytes, 4 * journalBlockBytes);
        expect(await sequences(damaged), `byte ${at}, bit ${bit}`).toEqual([1]);
      }
    }
    expect(ended).toBeGreaterThan(64);
  });

  it('S2 several damaged entries are passed over, also the first of a file; what only looks like an entry within one is not', async () => {
    const { write, bytes } = await disk();
    const forged = entry(6);
    const large = (sequence: number): Buffer => {
      const padding = Buffer.alloc(journalBlockBytes - 20 - (1 + name.key.length + 8 + 24));
      return entry(sequence, [
        { ...piece, bytes: padding.length + forged.length, appends: [{ batch: padding }, { batch: forged }] },
      ]);
    };
    await write([large(5), large(6), entry(7)], 5);
    const whole = await bytes();
    const blockOf = (buffer: Buffer, block: number): Buffer =>
      buffer.subarray(block * journalBlockBytes, (block + 1) * journalBlockBytes);
    expect(blockOf(whole, 2)).toEqual(forged);
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(1, journalBlockBytes + 100);
    damaged.writeUInt8(1, 3 * journalBlockBytes + 100);
    damaged.writeUInt8(1, 4 * journalBlockBytes + 100);
    expect(blockOf(damaged, 1).equals(blockOf(whole, 1))).toBe(false);
    expect(await sequences(damaged)).toEqual([7]);
    // A torn first sector: what the head says is not known.
    blockOf(damaged, 1).fill(0, 0, 512);
    expect(await sequences(damaged)).toEqual([]);
  });

  it('S2 what was there before it was emptied does not count, also behind newer entries', async () => {
    const { write, bytes } = await disk();
    await write([entry(1), entry(2), entry(3), entry(4)], 0);
    await write([], 5);
    expect(await sequences(await bytes())).toEqual([]);
    await write([entry(6)]);
    expect(await sequences(await bytes())).toEqual([6]);
  });

  it('S2 entries follow each other without a gap', async () => {
    const { write, bytes } = await disk();
    await write([entry(1), entry(3)], 0);
    expect(await sequences(await bytes())).toEqual([1]);
  });

  it('S2 one that was never finished is told from one whose head is damaged', async () => {
    expect(await read(Buffer.alloc(sizeBytes))).toEqual({ entries: [], head: 'unfinished', minimum: 0, sizeBytes });
    expect((await read(Buffer.alloc(100))).head).toBe('unfinished');
    const { write, bytes } = await disk();
    await write([entry(4)], 3);
    const damaged = await bytes();
    damaged.writeUInt8(1, 20);
    const content = await read(damaged);
    expect([content.head, content.entries.map(({ sequence }) => sequence)]).toEqual(['damaged', [4]]);
  });

  it('Q2 one of the first version is read, and is one of this version once it was emptied', async () => {
    const { write, bytes } = await disk();
    await write([entry(7)], 7);
    const file = await bytes();
    file.writeInt32BE(1, 12);
    file.writeUInt32BE(crc32c(file.subarray(12, 24)), 8);
    expect((await read(file)).entries.map(({ sequence }) => sequence)).toEqual([7]);
    const fileSystem = new MemoryFileSystem();
    await (await fileSystem.open(path, 'create')).write([file], 0);
    const opened = await openJournalFile(fileSystem, path);
    await opened.empty(8);
    await opened.close();
    expect(Buffer.from(await fileSystem.readFile(path)).readInt32BE(12)).toBe(2);
  });

  it('Q2 one of a version that is not known is refused', async () => {
    const { bytes } = await disk();
    const head = await bytes();
    head.writeInt32BE(3, 12);
    head.writeUInt32BE(crc32c(head.subarray(12, 24)), 8);
    await expect(read(head)).rejects.toMatchObject({
      code: 'UNSUPPORTED_FORMAT',
      message: expect.stringContaining('version 3, written by a newer q') as string,
    });
  });
});

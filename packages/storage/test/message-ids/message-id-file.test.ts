import { MemoryFileSystem } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { readMessageIds, saveMessageIds } from '../../src/message-ids/message-id-file.ts';
import { MessageIdWindow } from '../../src/message-ids/message-id-window.ts';
import type { RememberedId } from '../../src/message-ids/message-id-window.ts';

const path = '/ids/00000000000000000030.message-ids';
const limits = { messageIdsMax: 100_000, messageIdBytesMax: 10_000_000 };

/** What version 1 writes of two ids; frozen: every later version reads it. */
const golden = [
  // version, savedAtMs, crc
  '0001 0000018bcfe56800 8676b2a3',
  // a block: bytes, count, crc; offset, ageMs, wallMs, length, id
  '00000036 00000002 e8782165',
  '000000000000000a 00000fa0 0000018bcfe55860 00000002 6d31',
  '000000000000001d 00000bb9 0000018bcfe55c48 00000004 f09f8d8e',
  // the last block
  '00000000 00000002 6d13c27d',
]
  .join('')
  .replaceAll(' ', '');

async function fileOf(bytes: Buffer): Promise<MemoryFileSystem> {
  const fileSystem = new MemoryFileSystem();
  await fileSystem.makeDirectory('/ids');
  await (await fileSystem.open(path, 'create')).write([bytes], 0);
  return fileSystem;
}

async function read(fileSystem: MemoryFileSystem): Promise<{ savedAtMs: number; ids: RememberedId[] }> {
  const ids: RememberedId[] = [];
  let savedAtMs = 0;
  await readMessageIds(fileSystem, path, { begin: (head) => ({ savedAtMs } = head), found: (id) => ids.push(id) });
  return { savedAtMs, ids };
}

function filled(): MessageIdWindow {
  const window = new MessageIdWindow({ windowMs: 60_000, limits });
  window.apply(['m1'], 10, { now: 5_000.7, wallMs: 1_699_999_996_000 });
  window.apply([null, '🍎'], 28, { now: 6_000, wallMs: 1_699_999_997_000 });
  window.apply(['later'], 30, { now: 7_000, wallMs: 1_699_999_998_000 });
  return window;
}

const saving = { path, endOffset: 30, now: 9_001, wallMs: 1_700_000_000_000, isOverruled: () => false };

describe('the file of message ids', () => {
  it('P4 is written as it is drawn', async () => {
    const fileSystem = await fileOf(Buffer.alloc(0));
    const bytes = await saveMessageIds(fileSystem, { ...saving, window: filled() });
    const written = await fileSystem.readFile(path);
    expect(written.toString('hex')).toBe(golden);
    expect(written.length).toBe(bytes);
    expect(await fileSystem.readDirectory('/ids')).toHaveLength(1);
  });

  it('P4 version 1 is read', async () => {
    expect(await read(await fileOf(Buffer.from(golden, 'hex')))).toEqual({
      savedAtMs: 1_700_000_000_000,
      ids: [
        { id: 'm1', offset: 10, ageMs: 4_000, wallMs: 1_699_999_996_000 },
        { id: '🍎', offset: 29, ageMs: 3_001, wallMs: 1_699_999_997_000 },
      ],
    });
  });

  it('P4 S2 no flipped bit and no cut is taken for a file', async () => {
    const whole = Buffer.from(golden, 'hex');
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      // In the version it may look like a later one.
      const code = bytes.readInt16BE(0) > 1 ? 'UNSUPPORTED_FORMAT' : 'CORRUPT_LOG';
      await expect(read(await fileOf(bytes))).rejects.toMatchObject({ code });
    }
    for (let length = 0; length < whole.length; length += 1) {
      await expect(read(await fileOf(whole.subarray(0, length)))).rejects.toMatchObject({ code: 'CORRUPT_LOG' });
    }
  });

  it('P4 is written in pieces, and given up when the log was cut back', async () => {
    const window = new MessageIdWindow({ windowMs: 60_000, limits });
    for (let offset = 0; offset < 5_000; offset += 1) window.apply([`id-${offset}`], offset, { now: 1, wallMs: 1 });
    const fileSystem = await fileOf(Buffer.alloc(0));
    await saveMessageIds(fileSystem, { ...saving, endOffset: 5_000, window });
    expect((await read(fileSystem)).ids.map(({ id }) => id)).toEqual(
      Array.from({ length: 5_000 }, (_, offset) => `id-${offset}`),
    );
    const before = await fileSystem.readFile(path);
    let looks = 0;
    expect(
      await saveMessageIds(fileSystem, { ...saving, endOffset: 5_000, window, isOverruled: () => (looks += 1) > 3 }),
    ).toBeNull();
    expect(await fileSystem.readFile(path)).toEqual(before);
    expect(await fileSystem.readDirectory('/ids')).toHaveLength(1);
  });
});

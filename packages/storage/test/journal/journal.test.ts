import { describe, expect, it } from 'vitest';
import type { LogId, PartitionLog } from '@q/storage';
import { EntryBuilder } from '../../src/journal/journal-entry.ts';
import { openJournalFile, readJournal } from '../../src/journal/journal-file.ts';
import { journalName } from '../../src/journal/journal-name.ts';
import { journalBlockBytes } from '../../src/limits.ts';
import { append, at, batch, contents, errorWith, numbered, orders } from '../conformance/harness.ts';
import { DiskUnderTest, firstLogFile, tinyJournal } from '../fixtures.ts';

const segments = /\.log$/;
const journal = /journal/;

/** A store whose journal is in use. What made it so is in `orders-99`. */
async function journaled(limits: object = {}): Promise<DiskUnderTest> {
  const under = await DiskUnderTest.start({ limits: { ...tinyJournal, ...limits } });
  const first = await under.open({}, 99);
  // The journal is made beside the first rounds.
  while (under.store.stats.journalWrites === 0) await append(first, ['x']);
  return under;
}

async function inOneRound(logs: readonly PartitionLog[], texts: readonly string[]): Promise<void> {
  await Promise.all(logs.map(async (log) => await log.append(batch(texts), { leaderEpoch: 0 }).durable));
}

function entriesOf(under: DiskUnderTest): Promise<Buffer> {
  return under.disk.readFile('/data/journal.0');
}

describe('the journal', () => {
  it('S2 makes what many logs have in a round durable with one write, and syncs none of them', async () => {
    const under = await journaled();
    const logs = await Promise.all(Array.from({ length: 20 }, (_, partition) => under.open({}, partition)));
    const before = { ...under.store.stats };
    await inOneRound(logs, ['a', 'b']);
    expect(under.store.stats.journalWrites - before.journalWrites).toBe(1);
    expect(under.store.stats.syncs - before.syncs).toBe(0);
    await under.crash('all');
    for (let partition = 0; partition < 20; partition += 1)
      expect(await contents(await under.open({}, partition))).toEqual(['0:a', '1:b']);
    const bytes = logs.reduce((sum, log) => sum + log.bytes, 0);
    const told = under.log.notes.find(({ message }) => message.includes('were durable in the journal alone'));
    const fields = told?.fields as { bytes: number } | undefined;
    expect(fields?.bytes).toBeGreaterThanOrEqual(bytes);
  });

  it('S2 acknowledges only what it has written durably', async () => {
    const under = await journaled();
    const log = await under.open();
    const hold = under.disk.hold('datasync', journal);
    let isAcknowledged = false;
    const appended = log.append(batch(['a']), { leaderEpoch: 0 }).durable.then(() => (isAcknowledged = true));
    await hold.reached;
    expect([isAcknowledged, log.highWatermark]).toEqual([false, 0]);
    hold.release();
    await appended;
    expect(log.highWatermark).toBe(1);
  });

  it('S2 leaves large pieces, and logs that are not synced before an acknowledgement, to their segments', async () => {
    const under = await journaled();
    const [log, loose] = [await under.open(), await under.open({ durability: 'os' }, 1)];
    const before = { ...under.store.stats };
    await inOneRound([log], ['x'.repeat(5_000)]);
    expect([under.store.stats.journalWrites - before.journalWrites, under.store.stats.syncs - before.syncs]).toEqual([
      0, 1,
    ]);
    await inOneRound([loose], ['y']);
    expect([under.store.stats.journalWrites - before.journalWrites, under.store.stats.syncs - before.syncs]).toEqual([
      0, 1,
    ]);
  });

  it('S2 leaves a round that goes on into a new segment to the segments', async () => {
    const under = await journaled();
    const log = await under.open({ segmentBytes: 200 });
    const before = under.store.stats.journalWrites;
    await Promise.all([1, 2].map(async () => await log.append(batch(['z'.repeat(100)]), { leaderEpoch: 0 }).durable));
    expect(under.store.stats.journalWrites).toBe(before);
  });

  it('S2 splits a round that is larger than an entry or a file may be', async () => {
    const under = await journaled({ journalEntryBytes: 2_000 });
    const logs = await Promise.all(Array.from({ length: 6 }, (_, partition) => under.open({}, partition)));
    const before = { ...under.store.stats };
    await inOneRound(logs, ['x'.repeat(900)]);
    expect(under.store.stats.journalWrites - before.journalWrites).toBeGreaterThan(2);
    await under.crash('all');
    for (let partition = 0; partition < 6; partition += 1)
      expect(await contents(await under.open({}, partition))).toEqual([`0:${'x'.repeat(900)}`]);
  });

  it('S2 puts no more into an entry or a file than there is room for, wherever that ends', async () => {
    for (let valueBytes = 560; valueBytes < 640; valueBytes += 3) {
      const under = await journaled({ journalEntryBytes: 8_192, journalFiles: 3 });
      const logs = await Promise.all(Array.from({ length: 40 }, (_, partition) => under.open({}, partition)));
      for (const text of ['a', 'b']) await inOneRound(logs, [text.padEnd(valueBytes)]);
      for (const index of [0, 1, 2]) expect((await under.disk.readFile(`/data/journal.${index}`)).length).toBe(16_384);
      await under.crash('all');
      for (let partition = 0; partition < 40; partition += 1)
        expect(await contents(await under.open({}, partition))).toHaveLength(2);
    }
  });

  it('S2 uses a file again once what it held is synced, and loses nothing over many of them', async () => {
    const under = await journaled();
    const logs = [await under.open(), await under.open({}, 1)];
    for (const text of numbered(40)) await inOneRound(logs, [text]);
    expect(under.store.stats.journalFilesRetired).toBeGreaterThan(5);
    await under.crash('all');
    for (const partition of [0, 1])
      expect(await contents(await under.open({}, partition))).toEqual(at(0, numbered(40)));
  });

  it('S2 syncs a log for each time that a file got pieces of it, also when it had none elsewhere in between', async () => {
    for (let rounds = 0; rounds < 9; rounds += 1) {
      const under = await journaled();
      const [quiet, busy] = [await under.open(), await under.open({}, 1)];
      await append(quiet, ['a']);
      for (const text of numbered(rounds)) await append(busy, [text]);
      await append(quiet, ['b']);
      for (const text of numbered(12)) await append(busy, [text]);
      await under.crash('all');
      expect(await contents(await under.open()), `${rounds} rounds in between`).toEqual(['0:a', '1:b']);
    }
  });

  it('S2 does not use a file again before what it held is synced', async () => {
    const under = await journaled();
    const log = await under.open();
    const hold = under.disk.hold('datasync', segments);
    const acknowledged: string[] = [];
    const sending = (async () => {
      for (const text of numbered(20)) {
        await append(log, [text]);
        acknowledged.push(text);
      }
    })();
    await hold.reached;
    // Files are left for a few more; then the log has to be synced itself, and waits as well.
    await Promise.race([sending, new Promise<void>((resolve) => void setImmediate(() => setImmediate(resolve)))]);
    expect([acknowledged.length < 20, under.store.stats.journalFilesRetired]).toEqual([true, 0]);
    const kept = acknowledged.length;
    await under.crash('all');
    expect((await contents(await under.open())).slice(0, kept)).toEqual(at(0, numbered(kept)));
    hold.release();
  });

  it('S2 does not bring back what an earlier version has cut, also within a round', async () => {
    const under = await journaled({ journalFileBytes: 65_536 });
    const log = await under.open();
    await Promise.all(['a', 'b', 'c'].map(async (text) => await log.append(batch([text]), { leaderEpoch: 0 }).durable));
    under.disk = await under.disk.crash('all');
    const { entries } = await readJournal(under.disk, '/data/journal.0');
    const cut = new EntryBuilder().build((entries.at(-1)?.sequence ?? 0) + 1, [
      { kind: 'cut', name: journalName(orders), offset: 2 },
    ]);
    const file = await under.disk.open('/data/journal.0', 'durable');
    await file.write(
      [cut],
      entries.reduce((end, { bytes }) => end + bytes, journalBlockBytes),
    );
    await under.reopen();
    expect(await contents(await under.open())).toEqual(['0:a', '1:b']);
  });

  it('S2 T1 does not give records of a deleted topic to the next one of its name', async () => {
    const under = await journaled({ journalFileBytes: 65_536 });
    const old = await under.open();
    for (const text of ['old', 'older', 'oldest']) await append(old, [text]);
    await under.store.delete(old.id);
    const id: LogId = { ...orders, topicId: '00000000-0000-4000-8000-00000000000b' };
    const made = await under.store.open(id, old.config);
    await append(made, ['new']);
    await under.crash('none');
    expect(await contents(await under.store.open(id, old.config))).toEqual(['0:new']);
  });

  it('S2 makes a segment again whose name a crash took away', async () => {
    const under = await journaled();
    const log = await under.open({ segmentBytes: 150 });
    for (const text of ['a', 'b', 'c']) await append(log, [text.repeat(60)]);
    expect(log.segments).toBe(3);
    await under.crash('all');
    const found = await under.open({ segmentBytes: 150 });
    expect([found.segments, found.logEndOffset, found.describe().damage]).toEqual([3, 3, null]);
  });

  it('S2 the same crash twice: what is replayed may be replayed again', async () => {
    const under = await journaled();
    await append(await under.open(), ['a']);
    for (let step = 0; step < 12; step += 1) {
      under.disk = await under.disk.crash('all');
      under.disk.stopAfter(step);
      await Promise.race([under.reopen(), under.disk.stopped]);
    }
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['0:a']);
  });

  it('S2 a clean shutdown leaves nothing to replay', async () => {
    const under = await journaled();
    await append(await under.open(), ['a']);
    await under.restart();
    expect(under.log.notes.some(({ message }) => message.includes('journal'))).toBe(false);
    expect(await contents(await under.open())).toEqual(['0:a']);
  });

  it('S2 a write to it that fails is the end', async () => {
    const under = await journaled();
    const log = await under.open();
    under.disk.fail({ operation: 'datasync', code: 'EIO', path: journal });
    await expect(append(log, ['a'])).rejects.toEqual(errorWith('STORAGE_FAILED'));
    expect(under.fatal).toHaveLength(1);
    await expect(append(log, ['b'])).rejects.toEqual(errorWith('STORAGE_FAILED'));
  });

  it('S2 a sync that it owes and that fails is the end', async () => {
    const under = await journaled();
    const log = await under.open();
    under.disk.fail({ operation: 'datasync', code: 'EIO', path: segments });
    while (under.fatal.length === 0) await append(log, ['a']).catch(() => undefined);
    expect(under.fatal[0]).toEqual(errorWith('STORAGE_FAILED'));
  });

  it('S2 acknowledges nothing of a round during which such a sync failed', async () => {
    const under = await journaled({ journalFiles: 3 });
    const log = await under.open();
    const syncing = under.disk.hold('datasync', segments);
    let isSyncing = false;
    void syncing.reached.then(() => (isSyncing = true));
    while (!isSyncing) await append(log, ['a']);
    const { highWatermark } = log;
    const writing = under.disk.hold('datasync', journal);
    const refused = append(log, ['b']).catch((error: unknown) => error);
    await writing.reached;
    under.disk.fail({ operation: 'datasync', code: 'EIO', path: segments });
    syncing.release();
    while (under.fatal.length === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
    writing.release();
    expect(await refused).toEqual(errorWith('STORAGE_FAILED'));
    expect(log.highWatermark).toBe(highWatermark);
  });

  it('S2 is made after some rounds, and not where there is little room', async () => {
    const under = await DiskUnderTest.start({ limits: { ...tinyJournal, journalMissesBefore: 5 } });
    const log = await under.open();
    for (const text of numbered(5)) await append(log, [text]);
    expect((await under.disk.readDirectory('/data')).filter((name) => journal.test(name))).toEqual([]);
    while (under.store.stats.journalWrites === 0) await append(log, ['x']);

    const tight = await DiskUnderTest.start({ limits: { ...tinyJournal, diskReserveBytes: 0 } });
    tight.disk.capacityBytes = 8 * 16_384 - 1;
    const small = await tight.open();
    for (const text of numbered(50)) await append(small, [text]);
    expect([
      tight.store.stats.journalWrites,
      (await tight.disk.readDirectory('/data')).filter((name) => journal.test(name)),
    ]).toEqual([0, []]);
  });

  it('S2 is made after one round, if it is one of many logs', async () => {
    const under = await DiskUnderTest.start({ limits: { ...tinyJournal, journalMissesBefore: 5 } });
    const logs = await Promise.all(numbered(6).map((_, partition) => under.open({}, partition)));
    await Promise.all(logs.map((log) => append(log, ['x'])));
    const made = async (): Promise<number> =>
      (await under.disk.readDirectory('/data')).filter((name) => journal.test(name)).length;
    for (let turn = 0; turn < 1_000 && (await made()) === 0; turn += 1)
      await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(await made()).toBeGreaterThan(0);
  });

  it('S2 a file that cannot be made is done without, and tried again', async () => {
    const under = await DiskUnderTest.start({ limits: tinyJournal });
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: journal });
    const log = await under.open();
    while (under.store.stats.journalWrites === 0) await append(log, ['x']);
    expect(
      under.log.notes.filter(
        ({ level, message }) => level === 'warn' && message.includes('journal file could not be made'),
      ),
    ).toHaveLength(1);
    expect(under.fatal).toEqual([]);
  });

  it.each([
    ['of another size', { journalFileBytes: 32_768 }],
    ['that is no longer wanted', { journalFiles: 0 }],
  ])('S2 one %s is read before it goes', async (_, limits) => {
    const under = await journaled();
    await append(await under.open(), ['a']);
    under.limits = { ...tinyJournal, ...limits };
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['0:a']);
    expect((await under.disk.readDirectory('/data')).filter((name) => journal.test(name))).toEqual([]);
  });

  it('S2 one whose head is damaged is read all the same, and reported', async () => {
    const under = await journaled();
    await append(await under.open(), ['a']);
    const disk = await under.disk.crash('all');
    await disk.damage('/data/journal.0', (bytes) => Buffer.concat([Buffer.from([1]), bytes.subarray(1)]));
    under.disk = disk;
    await under.reopen();
    expect(await contents(await under.open())).toEqual(['0:a']);
    expect(under.log.notes.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('S2 one that is shorter than it was made is reported after a crash', async () => {
    const errorsAfter = async (shorten: boolean, o: { isClean: boolean }): Promise<string[]> => {
      const under = await journaled();
      await append(await under.open(), ['a']);
      if (o.isClean) await under.store.close();
      const disk = await under.disk.crash('all');
      if (shorten) await disk.damage('/data/journal.0', (bytes) => bytes.subarray(0, 2 * journalBlockBytes - 100));
      under.disk = disk;
      await under.reopen();
      return under.log.notes.filter(({ level }) => level === 'error').map(({ message }) => message);
    };
    expect(await errorsAfter(true, { isClean: false })).toEqual([expect.stringContaining('does not have the size')]);
    expect(await errorsAfter(false, { isClean: false })).toEqual([]);
    expect(await errorsAfter(true, { isClean: true })).toEqual([]);
  });

  it('S2 entries that are missing before others are reported', async () => {
    const under = await journaled();
    const log = await under.open();
    // Until the second file is in use; nothing is synced meanwhile.
    const hold = under.disk.hold('datasync', segments);
    const isSecondUsed = async (): Promise<boolean> =>
      (await under.disk.readFile('/data/journal.1')).subarray(journalBlockBytes).some((byte) => byte !== 0);
    while (!(await isSecondUsed())) await append(log, ['a']);
    expect((await entriesOf(under)).length).toBe(16_384);
    const disk = await under.disk.crash('all');
    await disk.damage('/data/journal.0', (bytes) =>
      Buffer.concat([bytes.subarray(0, 3 * journalBlockBytes), Buffer.alloc(journalBlockBytes)]),
    );
    under.disk = disk;
    await under.reopen();
    hold.release();
    expect(
      under.log.notes.filter(
        ({ level, message }) => level === 'error' && message.includes('entries of the journal are damaged'),
      ),
    ).toHaveLength(1);
  });

  /**
   * Each text in an entry of its own, in a journal of which the last entry but `fromEnd` gets a bit flipped, and none
   * of it in the segment.
   */
  async function rotten(texts: readonly string[], fromEnd: number): Promise<DiskUnderTest> {
    const under = await journaled({ journalFileBytes: 131_072 });
    const log = await under.open();
    for (const text of texts) await append(log, [text]);
    under.disk = await under.disk.crash('all');
    const { entries } = await readJournal(under.disk, '/data/journal.0');
    const position = entries
      .slice(0, entries.length - 1 - fromEnd)
      .reduce((end, { bytes }) => end + bytes, journalBlockBytes);
    await under.disk.damage(
      '/data/journal.0',
      (bytes) => (bytes.writeUInt8(bytes.readUInt8(position + 150) ^ 1, position + 150), bytes),
    );
    await under.reopen();
    return under;
  }

  const damagedEntries = (under: DiskUnderTest): number =>
    under.log.notes.filter(
      ({ level, message }) => level === 'error' && message.includes('entries of the journal are damaged'),
    ).length;

  it('S2 an entry that rotted is told from a torn one by those behind it: they are kept, and the partition is set aside where it was', async () => {
    // Of more than a sector: the hole would look like one that a torn round has left.
    const under = await rotten(
      numbered(5).map((text) => text.padEnd(700)),
      2,
    );
    expect(damagedEntries(under)).toBe(1);
    const log = await under.open();
    expect(log.describe()).toMatchObject({
      state: 'quarantined',
      logEndOffset: 5,
      damage: { fromOffset: 2, toOffset: 3 },
    });
    const { buffers } = await log.read({ offset: 0, maxBytes: 1 << 20, upTo: 'highWatermark' });
    expect(Buffer.concat(buffers).toString('latin1')).toMatch(/v0.*v1/s);
    expect(() => log.read({ offset: 2, maxBytes: 1, upTo: 'highWatermark' })).toThrow(errorWith('CORRUPT_LOG'));
    await under.crash('all');
    expect((await under.open()).describe()).toMatchObject({
      state: 'quarantined',
      logEndOffset: 5,
      damage: { fromOffset: 2, toOffset: 3 },
    });
  });

  it('S2 the newest entry may have been torn: it is none, and nothing is said', async () => {
    const under = await rotten(numbered(5), 0);
    expect([damagedEntries(under), await contents(await under.open())]).toEqual([0, at(0, numbered(4))]);
  });

  it('S2 the newest entries were not torn if the head of another file knows of later ones', async () => {
    const under = await journaled({ journalFileBytes: 131_072 });
    const log = await under.open();
    for (const text of numbered(5)) await append(log, [text]);
    under.disk = await under.disk.crash('all');
    const { entries } = await readJournal(under.disk, '/data/journal.0');
    const last = entries.at(-1)?.sequence ?? 0;
    const other = await openJournalFile(under.disk, '/data/journal.1');
    await other.empty(last + 1);
    // Its head would not be written before the next but one had begun.
    const start = entries.slice(0, -3).reduce((end, { bytes }) => end + bytes, journalBlockBytes);
    await under.disk.damage('/data/journal.0', (bytes) => (bytes.fill(0, start), bytes));
    await under.reopen();
    expect(under.log.notes).toContainEqual(
      expect.objectContaining({
        level: 'error',
        fields: expect.objectContaining({ fromEntry: last - 2, toEntry: last - 1 }),
      }),
    );
  });

  it('S2 segments that are removed are not made again', async () => {
    const under = await journaled();
    const log = await under.open({ segmentBytes: 150, fileDeleteDelayMs: 0 });
    for (const text of ['a', 'b', 'c']) await append(log, [text.repeat(60)]);
    await log.deleteBefore(2);
    const disk = await under.disk.crash('none');
    // Without the checkpoints, only the journal knows.
    for (const name of ['log-start-offset-checkpoint', 'recovery-point-offset-checkpoint'])
      await disk.removeFile(`/data/${name}`).catch(() => undefined);
    under.disk = disk;
    await under.reopen();
    expect((await under.names()).filter((name) => name.endsWith('.log'))).toEqual(['00000000000000000002.log']);
    expect(await under.disk.stat(firstLogFile).catch((error: { code: string }) => error.code)).toBe('ENOENT');
  });
});

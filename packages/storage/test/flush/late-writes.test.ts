import { describe, expect, it } from 'vitest';
import type { PartitionLog, StoreOptions } from '@q/storage';
import { defaultStorageLimits } from '../../src/limits.ts';
import { append, at, batch, contents, errorWith, numbered } from '../conformance/harness.ts';
import { DiskUnderTest, firstLogFile, tinyJournal } from '../fixtures.ts';

const segments = /orders-0\/.*\.log$/;
const { lateWriteMs } = defaultStorageLimits;

/** A store whose journal is in use, and none of whose logs owes anything. What made it so is in `orders-99`. */
async function journaled(o: Partial<StoreOptions> = {}): Promise<DiskUnderTest> {
  const under = await DiskUnderTest.start({ ...o, limits: { ...tinyJournal, journalFileBytes: 65_536, ...o.limits } });
  const first = await under.open({}, 99);
  while (under.store.stats.journalWrites === 0) await append(first, ['x']);
  await lateWrites(under);
  return under;
}

/** Lets the time come, and ends when what came with it is done. */
async function lateWrites(under: DiskUnderTest): Promise<void> {
  await under.clock.advance(lateWriteMs);
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
}

async function appendEach(log: PartitionLog, texts: readonly string[]): Promise<void> {
  for (const text of texts) await append(log, [text]);
}

async function sizeOf(under: DiskUnderTest, path = firstLogFile): Promise<number> {
  return (await under.disk.stat(path)).sizeBytes;
}

describe('what the journal has made durable', () => {
  it('Z1 S2 comes to its segment in one write, a moment later', async () => {
    const under = await journaled();
    const log = await under.open();
    const { writes, bytesWritten } = under.store.stats;
    await appendEach(log, numbered(10));
    expect([under.store.stats.writes - writes, log.highWatermark]).toEqual([0, 10]);
    await lateWrites(under);
    expect(under.store.stats).toMatchObject({ writes: writes + 1, bytesWritten: bytesWritten + log.bytes });
    expect(await sizeOf(under)).toBe(log.bytes);
    await lateWrites(under);
    expect(under.store.stats.writes).toBe(writes + 1);
  });

  it('Z1 S2 comes there at once when it is much', async () => {
    const under = await journaled({ limits: { lateWriteBytes: 1_000 } });
    const log = await under.open();
    await appendEach(log, ['x'.repeat(500), 'y'.repeat(500)]);
    await lateWrites(under);
    const { writes } = under.store.stats;
    const hold = under.disk.hold('write', segments);
    await appendEach(log, ['x'.repeat(500), 'y'.repeat(500)]);
    await hold.reached;
    hold.release();
    await append(log, ['z']);
    expect(under.store.stats.writes).toBeGreaterThan(writes);
  });

  it.each([0, 1 << 20])(
    'S1 is read from memory until then, and from the file afterwards (tail cache: %i bytes)',
    async (tailCacheBytes) => {
      const under = await journaled({ tailCacheBytes });
      const log = await under.open();
      const texts = numbered(7);
      await appendEach(log, texts.slice(0, 3));
      await lateWrites(under);
      await appendEach(log, texts.slice(3));
      for (const offset of [0, 2, 3, 5])
        expect(await contents(log, { fromOffset: offset })).toEqual(at(0, texts).slice(offset));
      await lateWrites(under);
      expect(await contents(log)).toEqual(at(0, texts));
      await under.restart();
      expect(await contents(await under.open())).toEqual(at(0, texts));
    },
  );

  it('C3 is found by its time without a look at the file', async () => {
    const under = await journaled({ tailCacheBytes: 0 });
    const log = await under.open({ indexIntervalBytes: 1 });
    for (let time = 0; time < 20; time += 1) await append(log, [`${time}`], { timestampMs: 1_000 + time });
    await lateWrites(under);
    for (let time = 20; time < 30; time += 1) await append(log, [`${time}`], { timestampMs: 1_000 + time });
    const { readsCold } = under.store.stats;
    expect(await log.offsetForTimestamp(1_027)).toMatchObject({ offset: 27 });
    expect(under.store.stats.readsCold).toBe(readsCold);
    expect(await log.offsetForTimestamp(1_007)).toMatchObject({ offset: 7 });
    expect(await log.offsetForTimestamp(2_000)).toBeNull();
  });

  it('S1 is read from memory also while its round is about to end', async () => {
    const under = await journaled({ tailCacheBytes: 0 });
    const log = await under.open();
    await append(log, ['a']);
    const hold = under.disk.hold('datasync', /journal/);
    const waiting = log.append(batch(['b']), { leaderEpoch: 0 });
    await hold.reached;
    expect(await contents(log, { upTo: 'end' })).toEqual(['0:a', '1:b']);
    hold.release();
    await waiting.durable;
    expect(await contents(log)).toEqual(['0:a', '1:b']);
  });

  it('S2 comes before a larger piece that is written at once', async () => {
    const under = await journaled();
    const log = await under.open();
    await appendEach(log, ['a', 'b']);
    const large = 'c'.repeat(5_000);
    await append(log, [large]);
    expect(await sizeOf(under)).toBe(log.bytes);
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['0:a', '1:b', `2:${large}`]);
  });

  it('S2 is durable in its segment, too, before the next segment is begun', async () => {
    const under = await journaled();
    const config = { segmentBytes: 500 };
    const log = await under.open(config);
    await append(log, ['a'.repeat(300)]);
    await lateWrites(under);
    const { bytes } = log;
    // Too much for the journal: it goes to its segment at once, in a round of its own.
    const next = 'b'.repeat(5_000);
    const hold = under.disk.hold('create', segments);
    log.append(batch([next]), { leaderEpoch: 0 }).durable.catch(() => undefined);
    await hold.reached;
    expect((await (await under.disk.crash('all')).stat(firstLogFile)).sizeBytes).toBe(bytes);
  });

  it('S2 is there after a power cut that has kept the next segment, also where the disk is full since', async () => {
    const under = await journaled({ limits: { journalPieceBytesMax: 600 } });
    const config = { segmentBytes: 500 };
    const log = await under.open(config);
    const first = 'a'.repeat(300);
    await append(log, [first]);
    await lateWrites(under);
    const { disk } = under;
    // Too much for the journal: it is written to its segment at once, and its sync never begins.
    const hold = disk.hold('write', /0001\.log$/);
    log.append(batch(['b'.repeat(700)]), { leaderEpoch: 0 }).durable.catch(() => undefined);
    await hold.reached;
    disk.stopAfter(0, { operation: 'datasync' });
    hold.release();
    await disk.stopped;
    for (let image = 0; image < 32; image += 1) {
      under.disk = await disk.crash('some');
      under.disk.capacityBytes = under.disk.usedBytes;
      await under.reopen();
      const found = await under.open(config);
      expect(found.describe().damage).toBeNull();
      expect((await contents(found))[0]).toBe(`0:${first}`);
    }
  });

  it.each(['all', 'some', 'none'] as const)(
    'S2 is there after a crash at any moment (what was not synced is lost: %s)',
    async (loss) => {
      const under = await journaled();
      const log = await under.open({ segmentBytes: 400 });
      const texts = numbered(300);
      for (const [index, text] of texts.entries()) {
        await append(log, [text]);
        if (index % 50 === 20) await lateWrites(under);
      }
      // So that files were emptied, and what they held was written before.
      expect(under.store.stats.journalFilesRetired).toBeGreaterThan(2);
      await under.crash(loss);
      expect(await contents(await under.open({ segmentBytes: 400 }))).toEqual(at(0, texts));
    },
  );

  it('S2 is there after the process was killed', async () => {
    const under = await journaled();
    await appendEach(await under.open(), ['a', 'b']);
    await under.kill();
    expect(await contents(await under.open())).toEqual(['0:a', '1:b']);
  });

  it('S4 T2 goes when its offsets are trimmed or its topic is deleted', async () => {
    const under = await journaled();
    const log = await under.open({ segmentBytes: 150 });
    const texts = numbered(6).map((text) => text.padEnd(60));
    await appendEach(log, texts);
    expect(await log.deleteBefore(4)).toBe(4);
    await appendEach(log, ['x', 'y']);
    const expected = [...at(0, texts).slice(4), '6:x', '7:y'];
    expect(await contents(log)).toEqual(expected);
    await lateWrites(under);
    await under.crash('all');
    const found = await under.open({ segmentBytes: 150 });
    expect(await contents(found)).toEqual(expected);
    await append(found, ['gone']);
    await under.store.delete(found.id);
    await lateWrites(under);
    expect((await under.disk.readDirectory('/data')).filter((name) => name.startsWith('orders-0'))).toEqual([]);
    expect(under.fatal).toEqual([]);
  });

  it('S4 T2 is not written to a segment that is trimmed at the same moment', async () => {
    const under = await journaled();
    const log = await under.open({ segmentBytes: 150 });
    await appendEach(
      log,
      numbered(4).map((text) => text.padEnd(60)),
    );
    const hold = under.disk.hold('write', segments);
    await under.clock.advance(lateWriteMs);
    await hold.reached;
    const trimming = log.deleteBefore(3);
    await append(log, ['x']);
    hold.release();
    expect(await trimming).toBe(3);
    await lateWrites(under);
    expect((await contents(log)).map((text) => text.trim())).toEqual(
      ['3:3', '4:x'].map((text) => text.replace('3:3', `3:${numbered(4)[3]}`)),
    );
    expect(under.fatal).toEqual([]);
  });

  it('S4 S2 is not written to segments that were trimmed while the disk was full', async () => {
    const under = await journaled({ tailCacheBytes: 0 });
    const log = await under.open({ segmentBytes: 150, fileDeleteDelayMs: 0 });
    const texts = numbered(5).map((text) => text.padEnd(60));
    under.disk.fail({ operation: 'create', code: 'ENOSPC', path: segments, times: 1_000 });
    await appendEach(log, texts);
    expect(await log.deleteBefore(3)).toBe(3);
    under.disk.faults.clear();
    await lateWrites(under);
    expect((await under.names()).filter((name) => name.endsWith('.log'))).toEqual([
      '00000000000000000003.log',
      '00000000000000000004.log',
    ]);
    expect(await contents(log)).toEqual(at(0, texts).slice(3));
    expect(under.fatal).toEqual([]);
  });

  it('S2 waits where the disk is full: what is acknowledged stays, what is new is refused, the others go on', async () => {
    const under = await journaled({ tailCacheBytes: 0 });
    const [log, other] = [await under.open(), await under.open({}, 1)];
    await appendEach(log, ['a', 'b']);
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: segments, times: 1_000 });
    await append(log, ['c']);
    for (let time = 0; time < 3; time += 1) await lateWrites(under);
    expect(await contents(log)).toEqual(['0:a', '1:b', '2:c']);
    await expect(append(log, ['refused'])).rejects.toMatchObject({ code: 'STORAGE_FULL', retriable: true });
    await append(other, ['o']);
    expect(
      under.log.notes.filter(({ fields }) => 'event' in fields && fields.event === 'journal.no_room'),
    ).toHaveLength(1);
    expect(await log.deleteBefore(1)).toBe(1);

    under.disk.faults.clear();
    await append(log, ['d']);
    await lateWrites(under);
    expect(await sizeOf(under)).toBe(log.bytes);
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['1:b', '2:c', '3:d']);
    expect(await contents(await under.open({}, 1))).toEqual(['0:o']);
    expect(under.fatal).toEqual([]);
  });

  it('S2 is kept by the journal when the disk is full until the end, and refuses what would need more of it', async () => {
    const under = await journaled({ limits: { journalFileBytes: 16_384 } });
    const logs = await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map((partition) => under.open({ segmentBytes: 200 }, partition)),
    );
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: /orders-\d\/.*\.log$/, times: 100_000 });
    const kept = await Promise.all(
      logs.map(async (log) => {
        const texts: string[] = [];
        // No time passes: each is acknowledged until the journal has no room left.
        for (const text of numbered(20)) {
          try {
            await append(log, [text]);
          } catch (error) {
            expect(error).toEqual(errorWith('STORAGE_FULL'));
            break;
          }
          texts.push(text);
        }
        return texts;
      }),
    );
    expect(kept.some((texts) => texts.length > 0 && texts.length < 20)).toBe(true);
    await lateWrites(under);
    expect(under.fatal).toEqual([]);
    under.disk.faults.clear();
    await under.crash('all');
    for (const [partition, texts] of kept.entries())
      expect(await contents(await under.open({ segmentBytes: 200 }, partition))).toEqual(at(0, texts));
  });

  it('S2 ends everything when the disk fails in another way', async () => {
    const under = await journaled();
    const log = await under.open();
    await append(log, ['a']);
    under.disk.fail({ operation: 'write', code: 'EIO', path: segments });
    await lateWrites(under);
    expect(under.fatal).toEqual([errorWith('STORAGE_FAILED')]);
    await expect(append(log, ['b'])).rejects.toEqual(errorWith('STORAGE_FAILED'));
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['0:a']);
  });

  it('Z1 is no longer owed when it is written', async () => {
    const under = await journaled({ limits: { lateWriteBytes: 1_000 } });
    const log = await under.open();
    for (let round = 0; round < 5; round += 1) {
      await append(log, [`${round}`.repeat(300)]);
      await lateWrites(under);
    }
    const { writes } = under.store.stats;
    await append(log, ['last'.repeat(80)]);
    for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(under.store.stats.writes).toBe(writes);
    await lateWrites(under);
    expect(under.store.stats.writes).toBe(writes + 1);
  });

  it.each([
    ['it is written', (under: DiskUnderTest) => lateWrites(under)],
    ['its log is deleted', (under: DiskUnderTest, log: PartitionLog) => under.store.delete(log.id)],
  ] as const)('B2 lets go of its memory once %s', async (_, end) => {
    const under = await journaled({ tailCacheBytes: 0, limits: { appendBuffersBytesMin: 100 } });
    const log = await under.open();
    const bytes = batch(['x'.repeat(200)]);
    const memory = under.store.appendBuffers?.take(bytes.length) as Buffer;
    const view = memory.subarray(0, bytes.copy(memory));
    const appended = log.append(view, { leaderEpoch: 0 });
    under.store.appendBuffers?.release(view);
    await appended.durable;
    expect(under.store.appendBuffers?.freeBytes).toBe(0);
    await end(under, log);
    expect(under.store.appendBuffers?.freeBytes).toBe(memory.length);
  });
});

import { describe, expect, it } from 'vitest';
import { append, contents, errorWith } from '../conformance/harness.ts';
import { DiskUnderTest, tinyJournal } from '../fixtures.ts';

const tail = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${from + index}:late-${index}`);

/** A store whose journal has what its segments have no room for. */
async function owing(limits: Partial<DiskUnderTest['limits']> = {}, count = 3): Promise<DiskUnderTest> {
  const under = await DiskUnderTest.start({
    limits: { ...tinyJournal, diskReserveBytes: 0, reserveFileBytes: 65_536, ...limits },
  });
  under.disk.capacityBytes = 1 << 30;
  const log = await under.open();
  while (under.store.stats.journalWrites === 0) await append(log, ['early']);
  await log.deleteBefore(log.logEndOffset);
  await under.restart();
  const again = await under.open();
  await under.store.maintain();
  under.disk.capacityBytes = under.disk.usedBytes;
  for (let index = 0; index < count; index += 1)
    await append(again, [`late-${index}`], { producerId: 7, baseSequence: index });
  return under;
}

describe('a start on a full disk', () => {
  it('B4 has room to trim with, also where the disk was full before the first round of maintenance, and after a kill', async () => {
    const under = await DiskUnderTest.start({ limits: { ...tinyJournal, journalFiles: 0, diskReserveBytes: 0 } });
    under.disk.capacityBytes = 48 << 20;
    await under.restart();
    const log = await under.open();
    for (let index = 0; index < 20; index += 1) await append(log, [`${index}`]);
    under.disk.capacityBytes = under.disk.usedBytes;
    await expect(append(log, ['more'])).rejects.toEqual(errorWith('STORAGE_FULL'));
    await log.deleteBefore(10);
    await under.kill();
    const again = await under.open();
    expect(again.logStartOffset).toBe(10);
    await again.deleteBefore(20);
    expect(again.logStartOffset).toBe(20);
  });

  it.each(['all', 'some', 'none'] as const)(
    'S2 serves what the journal alone has, refuses appends, and goes on when there is room (%s of the unsynced lost)',
    async (loss) => {
      const under = await owing();
      const start = (await under.open()).logStartOffset;
      await under.crash(loss);
      await under.crash(loss);
      await under.kill();
      const log = await under.open();
      expect([log.logStartOffset, log.highWatermark, log.logEndOffset]).toEqual([start, start + 3, start + 3]);
      expect(await contents(log)).toEqual(tail(start, 3));
      expect(log.describe().damage).toBeNull();
      await expect(append(log, ['more'])).rejects.toEqual(errorWith('STORAGE_FULL'));
      expect(await append(log, ['late-2'], { producerId: 7, baseSequence: 2 })).toMatchObject({
        baseOffset: start + 2,
        duplicate: true,
      });

      under.disk.capacityBytes = Number.POSITIVE_INFINITY;
      expect(await append(log, ['more'])).toMatchObject({ baseOffset: start + 3 });
      await under.crash('all');
      expect(await contents(await under.open())).toEqual([...tail(start, 3), `${start + 3}:more`]);
      expect(under.fatal).toEqual([]);
      expect(under.log.notes.filter(({ level, message }) => level === 'error' && message.includes('journal'))).toEqual(
        [],
      );
    },
  );

  it('S2 a log that is closed while it owes, alone or with its store, is whole when it is opened again', async () => {
    const under = await owing();
    const first = await under.open();
    const start = first.logStartOffset;
    await first.close();
    const again = await under.open();
    expect(await contents(again)).toEqual(tail(start, 3));
    await under.store.close();
    await under.reopen();
    expect(await contents(await under.open())).toEqual(tail(start, 3));
    under.disk.capacityBytes = Number.POSITIVE_INFINITY;
    await under.restart();
    expect(await contents(await under.open())).toEqual(tail(start, 3));
  });

  it('S2 what is owed to a log that nobody opens is written when there is room', async () => {
    const under = await owing();
    await under.kill();
    under.disk.capacityBytes = Number.POSITIVE_INFINITY;
    const other = await under.open({}, 1);
    const rounds = under.store.stats.journalFilesRetired;
    for (let turn = 0; turn < 200 && under.store.stats.journalFilesRetired === rounds; turn += 1)
      await append(other, ['x'.repeat(1_000)]);
    expect(under.store.stats.journalFilesRetired).toBeGreaterThan(rounds);
    await under.crash('all');
    const log = await under.open();
    expect(await contents(log)).toEqual(tail(log.logStartOffset, 3));
  });

  it('Q2 S2 deletes records of a log that owes, and the log itself', async () => {
    const under = await owing();
    await under.kill();
    const log = await under.open();
    const start = log.logStartOffset;
    expect(await log.deleteBefore(start + 1)).toBe(start + 1);
    expect(await contents(log)).toEqual(tail(start, 3).slice(1));
    expect(await log.deleteBefore(start + 3)).toBe(start + 3);
    await under.kill();
    const empty = await under.open();
    expect([empty.logStartOffset, empty.logEndOffset]).toEqual([start + 3, start + 3]);
    await under.store.delete(empty.id);
    await under.kill();
    expect(await under.store.list()).toEqual([]);
  });

  it('S2 the files of the journal are read, and kept, over several segments and several files', async () => {
    const under = await owing({ journalFiles: 2 }, 0);
    const log = await under.open({ segmentBytes: 900 });
    const start = log.logEndOffset;
    let taken = 0;
    for (; taken < 100; taken += 1) {
      try {
        await append(log, [`late-${taken}`]);
      } catch {
        break;
      }
    }
    expect(taken).toBeGreaterThan(3);
    for (let round = 0; round < 3; round += 1) {
      await under.kill();
      expect(await contents(await under.open({ segmentBytes: 900 }))).toEqual(tail(start, taken));
    }
    under.disk.capacityBytes = Number.POSITIVE_INFINITY;
    await append(await under.open({ segmentBytes: 900 }), [`late-${taken}`]);
    await under.crash('all');
    expect(await contents(await under.open({ segmentBytes: 900 }))).toEqual(tail(start, taken + 1));
  });

  it.each([2, 3])(
    'S2 serves all that was acknowledged where a power cut has kept later segments and lost one before them (%i from the end)',
    async (fromEnd) => {
      const config = { segmentBytes: 900 };
      const under = await DiskUnderTest.start({
        limits: { ...tinyJournal, journalFileBytes: 1 << 20, diskReserveBytes: 0, reserveFileBytes: 65_536 },
      });
      under.disk.capacityBytes = 1 << 30;
      const log = await under.open(config);
      while (under.store.stats.journalWrites === 0) await append(log, ['early']);
      const start = log.logEndOffset;
      for (let index = 0; index < 16; index += 1) await append(log, [`late-${index}`.padEnd(200, '.')]);
      // What the journal has is written to the segments as well, and not synced there yet.
      await under.clock.advance(60_000);
      const expected = await contents(log);
      const names = (await under.disk.readDirectory('/data/orders-0'))
        .filter((name) => name.endsWith('.log'))
        .toSorted();
      under.disk = under.disk.killProcess();
      await under.disk.removeFile(`/data/orders-0/${names.at(-fromEnd)}`);
      under.disk.capacityBytes = under.disk.usedBytes;
      await under.reopen();
      const again = await under.open(config);
      expect(again.describe().damage).toBeNull();
      expect(await contents(again)).toEqual(expected);
      expect(again.logEndOffset).toBe(start + 16);
      under.disk.capacityBytes = Number.POSITIVE_INFINITY;
      await append(again, ['more']);
      await under.crash('all');
      expect(await contents(await under.open(config))).toEqual([...expected, `${start + 16}:more`]);
    },
  );
});

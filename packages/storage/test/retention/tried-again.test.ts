import { describe, expect, it } from 'vitest';
import type { PartitionLog } from '@q/storage';
import { append, at, contents, errorWith, numbered } from '../conformance/harness.ts';
import { DiskUnderTest, tinyJournal } from '../fixtures.ts';

const texts = numbered(6).map((text) => text.padEnd(60));
const small = { segmentBytes: 150, fileDeleteDelayMs: 0 };

async function filled(): Promise<{ under: DiskUnderTest; log: PartitionLog }> {
  const under = await DiskUnderTest.start({ limits: { journalFiles: 0 } });
  const log = await under.open(small);
  for (const text of texts) await append(log, [text]);
  expect(log.segments).toBe(6);
  return { under, log };
}

async function filesOf(under: DiskUnderTest, pattern: RegExp): Promise<string[]> {
  return (await under.names()).filter((name) => pattern.test(name));
}

async function bytesOnDisk(under: DiskUnderTest): Promise<number> {
  let bytes = 0;
  for (const name of await filesOf(under, /\.log$/))
    bytes += (await under.disk.stat(`/data/orders-0/${name}`)).sizeBytes;
  return bytes;
}

describe('what retention could not do', () => {
  it('S4 S2 segments go, and do not come back, though the journal has no room for the word: the new start is saved elsewhere, too', async () => {
    const under = await DiskUnderTest.start({ limits: { ...tinyJournal } });
    const other = await under.open({}, 1);
    while (under.store.stats.journalWrites === 0) await append(other, ['x']);
    const log = await under.open(small);
    for (const text of texts) await append(log, [text]);
    await under.clock.advance(1_000);
    // Nothing of the other log can be written, so the journal cannot be emptied once it is full.
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: /orders-1\/.*\.log$/, times: 100_000 });
    await expect(
      (async () => {
        for (;;) await append(other, ['y']);
      })(),
    ).rejects.toEqual(errorWith('STORAGE_FULL'));
    await append(log, [texts[0] as string]);
    expect(await log.deleteBefore(4)).toBe(4);
    expect([log.logStartOffset, log.segments]).toEqual([4, 3]);
    expect(log.bytes).toBe(await bytesOnDisk(under));
    expect(await contents(log)).toEqual([...at(4, texts.slice(4)), `6:${texts[0] as string}`]);

    under.disk.faults.clear();
    await under.clock.advance(1_000);
    await under.store.maintain();
    expect(log.segments).toBe(3);
    expect(log.bytes).toBe(await bytesOnDisk(under));
    expect(under.store.bytes).toBe(log.bytes + other.bytes);
    await under.crash('all');
    expect(await contents(await under.open(small))).toEqual([...at(4, texts.slice(4)), `6:${texts[0] as string}`]);
    expect(under.fatal).toEqual([]);
  });

  it('S4 files that could not be set aside are, with the next round', async () => {
    const { under, log } = await filled();
    under.disk.fail({ operation: 'rename', code: 'EIO', path: /0003\.log$/ });
    await expect(log.deleteBefore(5)).rejects.toEqual(errorWith('STORAGE_FAILED'));
    expect(log.bytes).toBe(under.store.bytes);
    await append(log, ['more']);
    await under.store.maintain();
    await under.store.maintain();
    expect(await filesOf(under, /\.log/)).toEqual(['00000000000000000005.log', '00000000000000000006.log']);
    expect(log.bytes).toBe(await bytesOnDisk(under));
    expect(await contents(log)).toEqual([`5:${texts[5] as string}`, '6:more']);
  });

  it('S4 and also with the next trim, which need not name a later offset', async () => {
    const { under, log } = await filled();
    under.disk.fail({ operation: 'rename', code: 'EIO', path: /0003\.log$/ });
    await expect(log.deleteBefore(5)).rejects.toEqual(errorWith('STORAGE_FAILED'));
    expect(await log.deleteBefore(5)).toBe(5);
    expect(await filesOf(under, /\.log$/)).toEqual(['00000000000000000005.log']);
  });

  it('S4 a file that could not be removed is, with the next round', async () => {
    const { under, log } = await filled();
    under.disk.fail({ operation: 'removeFile', code: 'EIO', path: /0001\.log\.deleted$/, times: 2 });
    expect(await log.deleteBefore(5)).toBe(5);
    await under.clock.advance(60_000);
    expect((await under.store.maintain()).logsFailed).toBe(1);
    await under.store.maintain();
    expect(await filesOf(under, /\.deleted$/)).toEqual([]);
  });

  it('S4 the empty segment that keeps the end is made, also where that failed first', async () => {
    const { under, log } = await filled();
    under.disk.fail({ operation: 'create', code: 'ENOSPC', path: /0006\.log$/ });
    await expect(log.deleteBefore(6)).rejects.toEqual(errorWith('STORAGE_FULL'));
    await under.store.maintain();
    expect(await filesOf(under, /\.log$/)).toEqual(['00000000000000000006.log']);
    await under.crash('all');
    await under.disk.removeFile('/data/log-start-offset-checkpoint');
    await under.crash('all');
    const again = await under.open(small);
    expect([again.logStartOffset, again.logEndOffset]).toEqual([6, 6]);
  });

  it('S4 a snapshot that could not be removed is, with the next checkpoint', async () => {
    const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1 } });
    const log = await under.open();
    for (const text of numbered(5)) {
      if (text === 'v3') under.disk.fail({ operation: 'removeFile', code: 'EIO', path: /\.snapshot$/ });
      await append(log, [text]);
      await under.store.maintain();
    }
    expect(await filesOf(under, /\.snapshot$/)).toHaveLength(3);
  });

  it('S1 indexes that could not be made again once are made when they are asked for again', async () => {
    const under = await DiskUnderTest.start({ limits: { tailCacheBytes: 0 } });
    const log = await under.open({ segmentBytes: 1_000, indexIntervalBytes: 1 });
    for (const text of numbered(30)) await append(log, [text.padEnd(60)]);
    await under.restart();
    // Its last entry points to where no batch begins, so the log has to be read.
    await under.disk.damage(
      '/data/orders-0/00000000000000000000.index',
      (bytes) => (bytes.writeInt32BE(bytes.readInt32BE(4) + 1, 4), bytes),
    );
    const again = await under.open({ segmentBytes: 1_000, indexIntervalBytes: 1 });
    const first = async (): Promise<unknown> => await again.read({ offset: 1, maxBytes: 10, upTo: 'highWatermark' });
    under.disk.fail({ operation: 'read', code: 'EIO', path: /0000\.log$/, after: 1 });
    await expect(first()).rejects.toEqual(errorWith('STORAGE_FAILED'));
    await first();
  });
});

import { describe, expect, it } from 'vitest';
import { append, at, batch, contents, errorWith, numbered } from '../conformance/harness.ts';
import { DiskUnderTest, firstLogFile } from '../fixtures.ts';

const logFiles = /\.log$/;

describe('a full disk', () => {
  it('S2 fails the appends that do not fit, leaves what was acknowledged, and goes on when there is room', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, numbered(3));
    const { sizeBytes } = await under.disk.stat(firstLogFile);

    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: logFiles });
    const refused = [log.append(batch(['x']), { leaderEpoch: 0 }), log.append(batch(['y']), { leaderEpoch: 0 })];
    await Promise.all(
      refused.map((each) => expect(each.durable).rejects.toMatchObject({ code: 'STORAGE_FULL', retriable: true })),
    );
    expect([log.logEndOffset, log.highWatermark]).toEqual([3, 3]);
    expect((await under.disk.stat(firstLogFile)).sizeBytes).toBe(sizeBytes);
    expect(await contents(log, { upTo: 'end' })).toEqual(at(0, numbered(3)));
    expect(under.store.stats.appendsRefusedFull).toBe(2);

    expect(await append(log, ['z'])).toMatchObject({ baseOffset: 3 });
    expect(await contents(log)).toEqual([...at(0, numbered(3)), '3:z']);
    expect(under.fatal).toEqual([]);
  });

  it('S2 fails appends that were made while the round was failing, and leaves no gap', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, ['a']);
    const hold = under.disk.hold('write', logFiles);
    const first = log.append(batch(['b']), { leaderEpoch: 0 });
    await hold.reached;
    const second = log.append(batch(['c']), { leaderEpoch: 0 });
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: logFiles });
    const failed = Promise.all(
      [first, second].map((each) => expect(each.durable).rejects.toEqual(errorWith('STORAGE_FULL'))),
    );
    hold.release();
    await failed;
    expect(await append(log, ['d'])).toMatchObject({ baseOffset: 1 });
    expect(await contents(log)).toEqual(['0:a', '1:d']);
    expect(under.store.pendingBytes).toBe(0);
  });

  it('P4 S2 takes the sequence of a failed batch back, so that it can be sent again', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, ['a'], { producerId: 7, baseSequence: 0 });
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: logFiles });
    await expect(append(log, ['b'], { producerId: 7, baseSequence: 1 })).rejects.toEqual(errorWith('STORAGE_FULL'));
    expect(await append(log, ['b'], { producerId: 7, baseSequence: 1 })).toMatchObject({
      baseOffset: 1,
      duplicate: false,
    });
    expect(await append(log, ['b'], { producerId: 7, baseSequence: 1 })).toMatchObject({
      baseOffset: 1,
      duplicate: true,
    });
  });

  it('S2 takes back a segment that was begun', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open({ segmentBytes: 200 });
    await append(log, ['a'.repeat(100)]);
    const { bytes } = log;
    under.disk.fail({ operation: 'create', code: 'ENOSPC', path: logFiles });
    await expect(append(log, ['b'.repeat(100)])).rejects.toEqual(errorWith('STORAGE_FULL'));
    expect([log.bytes, under.store.bytes]).toEqual([bytes, bytes]);
    expect((await under.names()).filter((name) => name.endsWith('.log'))).toHaveLength(1);
    await append(log, ['c'.repeat(100)]);
    expect([log.segments, log.logEndOffset]).toEqual([2, 2]);
    await under.restart();
    expect((await contents(await under.open())).map((text) => text.slice(0, 3))).toEqual(['0:a', '1:c']);
  });

  it('S2 runs out of descriptors as it runs out of room', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    under.disk.fail({ operation: 'create', code: 'EMFILE', path: logFiles });
    await expect(append(log, ['a'])).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      retriable: true,
      message: expect.stringContaining('open'),
    });
    expect(await append(log, ['b'])).toMatchObject({ baseOffset: 0 });
  });

  it('Q2 S2 says in its own terms what it cannot save', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    for (const text of numbered(3)) await append(log, [text]);
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: /start-offset/ });
    await expect(log.deleteBefore(2)).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      message: expect.stringContaining('orders-0'),
    });
    under.disk.fail({ operation: 'write', code: 'EACCES', path: /metadata/ });
    await expect(under.open({}, 1)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      cause: expect.objectContaining({ code: 'EACCES' }),
    });
  });

  it('S2 Q2 keeps a start that could not be saved where it was, and moves it when there is room', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    for (const text of numbered(3)) await append(log, [text]);
    under.disk.fail({ operation: 'create', code: 'ENOSPC', path: /start-offset/ });
    await expect(log.deleteBefore(2)).rejects.toEqual(errorWith('STORAGE_FULL'));
    expect(log.logStartOffset).toBe(0);
    expect(await contents(log)).toEqual(at(0, numbered(3)));
    expect(await log.deleteBefore(1)).toBe(1);
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(at(0, numbered(3)).slice(1));
  });

  it('S2 shows a new start to nobody before it is durable', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    for (const text of numbered(3)) await append(log, [text]);
    const hold = under.disk.hold('write', /start-offset/);
    const deleting = log.deleteBefore(2);
    await hold.reached;
    expect(await contents(log)).toEqual(at(0, numbered(3)));
    hold.release();
    expect(await deleting).toBe(2);
    expect(log.logStartOffset).toBe(2);
  });

  it('T3 S2 one log that has no room does not touch the others of its round', async () => {
    const under = await DiskUnderTest.start();
    const [log, other] = [await under.open(), await under.open({}, 1)];
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: /orders-0\/.*\.log$/ });
    const [refused, kept] = [
      log.append(batch(['a']), { leaderEpoch: 0 }),
      other.append(batch(['b']), { leaderEpoch: 0 }),
    ];
    await Promise.all([expect(refused.durable).rejects.toEqual(errorWith('STORAGE_FULL')), kept.durable]);
    expect(under.store.stats.rounds).toBe(1);
    expect(await contents(other)).toEqual(['0:b']);
  });

  it('S2 what failed does not come back after a crash', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, ['a']);
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: logFiles });
    await expect(append(log, ['b'])).rejects.toEqual(errorWith('STORAGE_FULL'));
    await under.crash('none');
    expect(await contents(await under.open())).toEqual(['0:a']);
  });

  it('S2 fills a small disk to the brim, serves reads, and takes appends again once old segments went', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open({ segmentBytes: 2_000, fileDeleteDelayMs: 0 });
    under.disk.capacityBytes = under.disk.usedBytes + 20_100;
    const fill = async (): Promise<void> => {
      for (let i = 0; ; i += 1) await append(log, [`v${i}`.padEnd(200)]);
    };
    await expect(fill()).rejects.toEqual(errorWith('STORAGE_FULL'));
    const full = log.logEndOffset;
    expect(await contents(log)).toHaveLength(full);
    expect(await log.deleteBefore(full - 5)).toBe(full - 5);
    await under.store.maintain();
    expect(await append(log, ['room'])).toMatchObject({ baseOffset: full });
    await under.crash('all');
    expect((await contents(await under.open({ segmentBytes: 2_000 }))).at(-1)).toBe(`${full}:room`);
  });
});

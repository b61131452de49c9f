import { describe, expect, it } from 'vitest';
import { append, batch, contents, errorWith } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

const logFiles = /\.log$/;

describe('a disk that fails', () => {
  it('S2 B2 ends with the first failed sync: nothing is acknowledged afterwards, and the sync is not tried again', async () => {
    const under = await DiskUnderTest.start();
    const [log, other] = [await under.open(), await under.open({}, 1)];
    await append(log, ['a']);
    under.disk.fail({ operation: 'datasync', code: 'EIO', path: logFiles });
    const [lost, behind] = [
      log.append(batch(['b']), { leaderEpoch: 0 }),
      other.append(batch(['c']), { leaderEpoch: 0 }),
    ];
    await Promise.all([lost, behind].map((each) => expect(each.durable).rejects.toEqual(errorWith('STORAGE_FAILED'))));
    expect(under.fatal).toEqual([errorWith('STORAGE_FAILED')]);
    expect(log.highWatermark).toBe(1);
    const { syncs } = under.store.stats;
    for (const each of [log, other])
      expect(() => each.append(batch(['d']), { leaderEpoch: 0 })).toThrow(errorWith('STORAGE_FAILED'));
    await under.store.close();
    expect([under.store.stats.syncs, under.fatal.length]).toEqual([syncs, 1]);
  });

  it('S2 after a failed sync the next process finds what was acknowledged, and recovers rather than trusts the shutdown', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, ['a']);
    under.disk.fail({ operation: 'datasync', code: 'EIO', path: logFiles });
    await expect(append(log, ['b'])).rejects.toEqual(errorWith('STORAGE_FAILED'));
    await under.store.close();
    expect(await under.disk.readDirectory('/data')).not.toContain('.clean-shutdown');
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['0:a']);
  });

  it('S2 what a failed sync has dropped is written again by the next process before anything is built on it', async () => {
    const under = await DiskUnderTest.start();
    await append(await under.open(), ['a']);
    under.disk.fail({ operation: 'datasync', code: 'EIO', path: logFiles });
    await expect(append(await under.open(), ['b'])).rejects.toEqual(errorWith('STORAGE_FAILED'));
    await under.kill();
    const log = await under.open();
    expect(await contents(log)).toEqual(['0:a', '1:b']);
    await append(log, ['c']);
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['0:a', '1:b', '2:c']);
  });

  it.each(['write', 'syncDirectory'] as const)('S2 ends with a failed %s as well', async (operation) => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    under.disk.fail({ operation, code: 'EIO', path: /orders-0/ });
    await expect(append(log, ['b'])).rejects.toEqual(errorWith('STORAGE_FAILED'));
    expect(under.fatal).toHaveLength(1);
  });

  it('S2 a sync that failed for want of room is a failed sync', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    under.disk.fail({ operation: 'datasync', code: 'ENOSPC', path: logFiles });
    await expect(append(log, ['b'])).rejects.toEqual(errorWith('STORAGE_FAILED'));
    expect(under.fatal).toHaveLength(1);
  });

  it('S2 ends when what was refused for want of room cannot be cut off again', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, ['a']);
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: logFiles });
    under.disk.fail({ operation: 'truncate', code: 'EIO', path: logFiles });
    await expect(append(log, ['b'])).rejects.toEqual(errorWith('STORAGE_FAILED'));
    expect(under.fatal).toHaveLength(1);
  });

  it('S2 a failed sync of the interval policy is as fatal', async () => {
    const under = await DiskUnderTest.start({ syncIntervalMs: 50 });
    const log = await under.open({ durability: 'interval' });
    under.disk.fail({ operation: 'datasync', code: 'EIO', path: logFiles });
    await append(log, ['a']);
    await under.clock.advance(50);
    expect(under.fatal).toEqual([errorWith('STORAGE_FAILED')]);
  });

  it('S2 a failed checkpoint harms nobody: it is reported, and recovery reads more', async () => {
    const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1 } });
    const log = await under.open();
    await append(log, ['a']);
    under.disk.fail({ operation: 'datasync', code: 'EIO', path: /\.snapshot/ });
    expect(await under.store.maintain()).toMatchObject({ logsFailed: 1, logsCheckpointed: 0 });
    expect([log.describe().recoveryPoint, under.fatal.length]).toEqual([0, 0]);
    expect(under.log.notes.some(({ level, message }) => level === 'error' && message.includes('checkpoint'))).toBe(
      true,
    );
    await append(log, ['b']);
    expect(await under.store.maintain()).toMatchObject({ logsFailed: 0, logsCheckpointed: 1 });
    expect(log.describe().recoveryPoint).toBe(2);
  });

  it('Q2 a read that the disk refuses says which partition, with the cause', async () => {
    const under = await DiskUnderTest.start({ tailCacheBytes: 0 });
    const log = await under.open();
    await append(log, ['a']);
    under.disk.fail({ operation: 'read', code: 'EIO', path: logFiles });
    await expect(log.read({ offset: 0, maxBytes: 100, upTo: 'highWatermark' })).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('orders-0'),
      cause: expect.objectContaining({ code: 'EIO' }),
    });
    expect(await contents(log)).toEqual(['0:a']);
  });
});

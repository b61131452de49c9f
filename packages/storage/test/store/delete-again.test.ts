import { expect, it } from 'vitest';
import { append, errorWith, orders } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

it('S2 T1 a log whose deletion failed half way stays away once a second try has said that it is gone', async () => {
  const under = await DiskUnderTest.start();
  await append(await under.open(), ['a']);
  under.disk.fail({ operation: 'syncDirectory', code: 'EIO' });
  await expect(under.store.delete(orders)).rejects.toThrow('EIO');
  await expect(under.store.delete(orders)).rejects.toThrow(errorWith('UNKNOWN_LOG'));
  await under.crash('all');
  expect(await under.store.list()).toEqual([]);
});

it('S2 T1 files of a deleted log that could not be removed go with a later round, and are not said to be there', async () => {
  const under = await DiskUnderTest.start();
  await append(await under.open(), ['a']);
  under.disk.fail({ operation: 'removeFile', code: 'EIO', path: /~deleted/, times: 2 });
  await under.store.delete(orders);
  const left = async (): Promise<string[]> =>
    (await under.disk.readDirectory('/data')).filter((name) => name.startsWith('~deleted'));
  expect([await under.store.list(), (await left()).length]).toEqual([[], 1]);
  await under.store.maintain();
  expect(await left()).toHaveLength(1);
  expect((await under.store.maintain()).filesRemoved).toBe(1);
  expect(await left()).toEqual([]);
  expect(under.log.notes.filter(({ level }) => level === 'error')).toHaveLength(2);
});

it('S2 T1 and so do those of one whose new name could not be synced', async () => {
  const under = await DiskUnderTest.start();
  await append(await under.open(), ['a']);
  under.disk.fail({ operation: 'syncDirectory', code: 'EIO', path: /data$/ });
  await expect(under.store.delete(orders)).rejects.toThrow('EIO');
  await under.store.maintain();
  expect(
    (await under.disk.readDirectory('/data')).filter((name) => name.includes('deleted') || name.startsWith('orders')),
  ).toEqual([]);
  await under.crash('all');
  expect(await under.store.list()).toEqual([]);
});

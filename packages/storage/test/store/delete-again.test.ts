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

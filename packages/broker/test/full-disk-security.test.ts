/** What keeps somebody out goes on a disk without room (rows A1, A3, B5). */
import type { AclRule } from '@q/security';
import { FaultyFileSystem } from '@q/testkit';
import { expect, it } from 'vitest';
import { testBroker } from './harness.ts';

const rule: AclRule = {
  principal: 'User:mallory',
  host: '*',
  permission: 'deny',
  operation: 'read',
  resourceType: 'topic',
  patternType: 'literal',
  resourceName: 'orders',
};

it('A1, A3, SEC-7: on a full disk a rule that refuses and another password of a user are stored; what lets in is not', async () => {
  const disk = new FaultyFileSystem({ capacityBytes: 1 << 30 });
  const broker = await testBroker({
    storage: 'file',
    dataDir: '/data',
    fileSystem: disk,
    limits: { maintenanceIntervalMs: 5 },
    storageLimits: { journalFiles: 0, diskReserveBytes: 0, reserveFileBytes: 256 << 10 },
    security: { mechanisms: ['SCRAM-SHA-256'] },
  });
  const { users, rules } = broker;
  await users!.setPassword('mallory', 'old-pw');
  await rules!.add({ ...rule, principal: 'User:*', permission: 'allow', operation: 'all', resourceName: 'other' });
  await expect.poll(() => disk.readDirectory('/data')).toContain('.reserve');
  disk.capacityBytes = disk.usedBytes;
  await expect(users!.setPassword('new', 'new-pw')).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  await expect(rules!.add({ ...rule, permission: 'allow' })).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  await users!.setPassword('mallory', 'other-pw');
  expect(await rules!.add(rule)).toBe(true);
  expect(rules!.list({ principal: 'User:mallory' })).toEqual([rule]);
});

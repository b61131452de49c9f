import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder, releases } from '../compatibility/fixture-files.ts';
import { clientOf, recordsOf, runQ, startOn, temporaryFolder } from './backup-scene.ts';
import type { BrokerProcess } from '@q/testkit';
import type { Q } from '@q/client';

const timeout = 60_000;

/** Backs a broker up, and starts another one on the restored folder. */
async function moved(broker: BrokerProcess): Promise<Q> {
  const folder = temporaryFolder();
  const made = await runQ('backup', 'create', join(folder, 'backup'), '--admin-url', broker.adminUrl);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const restored = await runQ('backup', 'restore', join(folder, 'backup'), join(folder, 'data'));
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  return await clientOf(await startOn(join(folder, 'data')));
}

async function committedBy(client: Q, group: string): Promise<unknown[]> {
  const { partitions } = await client.admin.describeGroup(group);
  return partitions.map(({ topic, partition, committedOffset }) => [topic, partition, committedOffset]);
}

describe('a broker that is moved by a backup', () => {
  it.each(releases)(
    'O2: of a data folder of %s has its records, its tables and its groups',
    { timeout },
    async (release) => {
      const broker = await startOn(await dataFolder(release, 'killed'));
      const client = await clientOf(broker);
      const second = await moved(broker);
      for (const topic of ['orders', 'table']) {
        const found = await recordsOf(second, topic);
        expect(found.size).toBeGreaterThan(0);
        expect(found).toEqual(await recordsOf(client, topic));
      }
      expect(await committedBy(second, 'billing')).toEqual(await committedBy(client, 'billing'));
    },
  );

  it('O2: has all of 1,000 partitions', { timeout }, async () => {
    const broker = await startOn(join(temporaryFolder(), 'data'));
    const client = await clientOf(broker);
    await client.admin.createTopic('many', { partitions: 1_000 });
    const producer = client.producer();
    await Promise.all(
      Array.from({ length: 1_000 }, (_, partition) => producer.send('many', { value: `of ${partition}`, partition })),
    );
    const found = await recordsOf(await moved(broker), 'many');
    expect(found.size).toBe(1_000);
    for (let partition = 0; partition < 1_000; partition += 1)
      expect(found.get(`${partition}/0`)).toBe(`of ${partition}`);
  });

  it('O2: from memory to a disk', { timeout }, async () => {
    const broker = await startOn(join(temporaryFolder(), 'unused'), '--storage', 'memory');
    const client = await clientOf(broker);
    await client.admin.createTopic('orders', { partitions: 2 });
    await client.producer().send('orders', { value: 'kept' });
    expect([...(await recordsOf(await moved(broker), 'orders')).values()]).toEqual(['kept']);
  });
});

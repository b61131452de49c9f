import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeManifest } from '@q/storage';
import type { Manifest } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { clientOf, Following, Load, recordsOf, runQ, startOn, startQ, temporaryFolder } from './backup-scene.ts';

const timeout = 60_000;

function manifestAt(folder: string, id: string): Manifest {
  return decodeManifest(readFileSync(join(folder, 'backups', `${id}.manifest`)));
}

/** What a restored broker must have: of each partition what was acknowledged below the named end, and nothing else. */
function expectExactly(
  found: ReadonlyMap<string, string>,
  manifest: Manifest,
  acknowledged: ReadonlyMap<string, string>,
): void {
  const ends = new Map(
    manifest.partitions
      .filter(({ topic }) => topic === 'orders')
      .map(({ partition, endOffset }) => [partition, endOffset]),
  );
  const [missing, invented, beyond]: string[][] = [[], [], []];
  for (const [at, value] of acknowledged) {
    const [partition, offset] = at.split('/').map(Number) as [number, number];
    if (offset < ends.get(partition)! && found.get(at) !== value) missing!.push(at);
  }
  for (const [at, value] of found) {
    const [partition, offset] = at.split('/').map(Number) as [number, number];
    if (offset >= ends.get(partition)!) beyond!.push(at);
    if (acknowledged.get(at) !== value) invented!.push(at);
  }
  expect({ missing, invented, beyond }).toEqual({ missing: [], invented: [], beyond: [] });
}

/** Ends when a backup that has no manifest yet has brought a segment. */
async function hasBegun(folder: string): Promise<void> {
  const done = new Set(readdirSync(join(folder, 'backups')).map((name) => name.replace('.manifest', '')));
  const isNew = (name: string): boolean => name.includes('.log.') && !done.has(name.slice(-28));
  while (!readdirSync(join(folder, 'data'), { recursive: true }).some((name) => isNew(String(name)))) await sleep(1);
}

describe('q backup of a broker under load', () => {
  it(
    'O2: a restore has every record below the named ends, and nothing else, over a chain of backups',
    { timeout },
    async () => {
      const folder = temporaryFolder();
      const broker = await startOn(join(folder, 'data'));
      const client = await clientOf(broker);
      await client.admin.createTopic('orders', { partitions: 4, config: { 'segment.bytes': '300000' } });
      const load = new Load(client, 'orders');
      const group = new Following(client, 'orders');
      const ids: string[] = [];
      for (let round = 0; round < 4; round += 1) {
        await sleep(250);
        const made = await runQ('backup', 'create', join(folder, 'backup'), '--admin-url', broker.adminUrl, '--json');
        expect(made.stderr).toBe('');
        ids.push((JSON.parse(made.stdout) as { id: string }).id);
      }
      await load.end();
      await group.end();
      expect(load.acknowledged.size).toBeGreaterThan(1_000);
      await broker.stop();
      for (const id of [ids[0]!, ids.at(-1)!]) {
        const verified = await runQ('backup', 'verify', join(folder, 'backup'), '--backup', id);
        expect(verified.stdout).toContain(`backup ${id} is whole`);
        const restored = await runQ('backup', 'restore', join(folder, 'backup'), join(folder, id), '--backup', id);
        expect(restored).toMatchObject({ code: 0, stderr: '' });
        await using second = await startOn(join(folder, id));
        const restoredClient = await clientOf(second);
        const manifest = manifestAt(join(folder, 'backup'), id);
        expectExactly(await recordsOf(restoredClient, 'orders'), manifest, load.acknowledged);
        const { partitions } = await restoredClient.admin.describeGroup('following');
        for (const { partition, committedOffset } of partitions) {
          const { endOffset } = manifest.partitions.find((at) => at.topic === 'orders' && at.partition === partition)!;
          expect(committedOffset ?? 0).toBeLessThanOrEqual(endOffset);
        }
        if (id !== ids[0]) expect(partitions.some(({ committedOffset }) => (committedOffset ?? 0) > 0)).toBe(true);
      }
      // Offsets of records below the last backup's ends were copied once.
      const last = manifestAt(join(folder, 'backup'), ids.at(-1)!);
      expect(
        last.partitions
          .flatMap(({ segments }) => segments.flatMap(({ pieces }) => pieces))
          .some(({ backup }) => backup === ids[0]),
      ).toBe(true);
    },
  );

  it(
    'O2: kill -9 of the backup or of the broker in the middle leaves what was there, and nothing else',
    { timeout },
    async () => {
      const folder = temporaryFolder();
      const [data, backup] = [join(folder, 'data'), join(folder, 'backup')];
      let broker = await startOn(data);
      let client = await clientOf(broker);
      await client.admin.createTopic('orders', { partitions: 2 });
      const load = new Load(client, 'orders');
      await sleep(300);
      const first = await runQ('backup', 'create', backup, '--admin-url', broker.adminUrl, '--json');
      const { id } = JSON.parse(first.stdout) as { id: string };
      for (let kills = 0; kills < 3; kills += 1) {
        const cut = startQ(['backup', 'create', backup, '--full', '--admin-url', broker.adminUrl]);
        await hasBegun(backup);
        cut.child.kill('SIGKILL');
        await cut.ended;
      }
      expect((await runQ('backup', 'verify', backup, '--backup', id)).code).toBe(0);
      const last = startQ(['backup', 'create', backup, '--full', '--admin-url', broker.adminUrl]);
      await hasBegun(backup);
      await broker.kill();
      await last.ended;
      await load.end();
      expect((await runQ('backup', 'verify', backup, '--backup', id)).code).toBe(0);
      broker = await startOn(data);
      client = await clientOf(broker);
      const after = await runQ('backup', 'create', backup, '--admin-url', broker.adminUrl, '--json');
      expect(after).toMatchObject({ code: 0, stderr: '' });
      const newest = (JSON.parse(after.stdout) as { id: string }).id;
      expect((await runQ('backup', 'verify', backup)).code).toBe(0);
      await runQ('backup', 'restore', backup, join(folder, 'restored'));
      const restored = await clientOf(await startOn(join(folder, 'restored')));
      const found = await recordsOf(restored, 'orders');
      // What was never told of may be there as well: the kill came before the answer.
      const missing = [...load.acknowledged].filter(([at, value]) => found.get(at) !== value);
      expect(missing).toEqual([]);
      expect(found).toEqual(await recordsOf(client, 'orders'));
      expect(newest > id).toBe(true);
    },
  );

  it(
    'O2: a tar through pipes is restored, also as a broker of its own; a cut one leaves nothing that starts',
    { timeout },
    async () => {
      const folder = temporaryFolder();
      const broker = await startOn(join(folder, 'data'));
      const client = await clientOf(broker);
      await client.admin.createTopic('orders', { partitions: 1 });
      const producer = client.producer();
      for (let index = 0; index < 50; index += 1) await producer.send('orders', { value: `${index}` });
      const made = await startQ(['backup', 'create', '-', '--admin-url', broker.adminUrl]).ended;
      expect(made.code).toBe(0);
      const checked = await startQ(['backup', 'verify', '-'], made.stdout).ended;
      expect(checked.stdout.toString()).toMatch(/^backup \S+ is whole\n$/);
      const half = made.stdout.subarray(0, made.stdout.length >> 1);
      const copy = join(folder, 'copy');
      const cut = await startQ(['backup', 'restore', '-', copy], half).ended;
      expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining('cut off') });
      await expect(startOn(copy)).rejects.toThrow('a restore into');
      const restored = await startQ(['backup', 'restore', '-', copy, '--as-new'], made.stdout).ended;
      expect(restored).toMatchObject({ code: 0, stderr: '' });
      expect(existsSync(join(copy, '.incoming'))).toBe(false);
      const second = await startOn(copy);
      expect(await recordsOf(await clientOf(second), 'orders')).toEqual(await recordsOf(client, 'orders'));
      expect(second.log).toContain('restored backup');
    },
  );
});

describe('a plain copy of the folder of a running broker', () => {
  it('O2: is not a backup: files are of different moments', { timeout }, async () => {
    const { cp } = await import('node:fs/promises');
    const folder = temporaryFolder();
    const broker = await startOn(join(folder, 'data'));
    const client = await clientOf(broker);
    await client.admin.createTopic('orders', { partitions: 4, config: { 'segment.bytes': '100000' } });
    const load = new Load(client, 'orders');
    await sleep(500);
    await cp(join(folder, 'data'), join(folder, 'copy'), { recursive: true });
    const atCopy = load.acknowledged.size;
    while (load.acknowledged.size === atCopy) await sleep(10);
    await load.end();
    const copied = await startOn(join(folder, 'copy')).catch((error: unknown) => error as Error);
    if (copied instanceof Error) return expect(copied.message).toContain('the broker did not become ready');
    const found = await recordsOf(await clientOf(copied), 'orders');
    // It may start, and what it serves is true; how much of what was acknowledged before the copy is there is chance.
    for (const [at, value] of found) expect(load.acknowledged.get(at), at).toBe(value);
    expect(found.size).toBeLessThan(load.acknowledged.size);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@q/client';
import { startBroker } from '@q/broker';
import { BackupFolder, encodeManifest, nodeFileSystem, restoreBackup, verifyPartition } from '@q/storage';
import type { Manifest } from '@q/storage';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adminBroker } from '../harness.ts';
import type { AdminBroker } from '../harness.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'q-backup-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function take(
  { ask }: AdminBroker,
  to: BackupFolder,
  earlier?: Manifest,
): Promise<{ manifest: Manifest; bytes: number }> {
  const answer = await ask(
    '/api/v1/backup',
    earlier && {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: encodeManifest(earlier),
    },
  );
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/x-tar');
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of answer.body!) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  return { manifest: await to.receive(counted()), bytes };
}

describe('GET /api/v1/backup', () => {
  it('O2: gives topics, records, groups and offsets of one moment, which another broker starts on', async () => {
    const admin = await adminBroker();
    const q = await connect(admin.broker.url);
    onTestFinished(() => void q.close());
    await q.admin.createTopic('orders', { partitions: 3, config: { 'retention.ms': '7200000' } });
    const producer = q.producer();
    for (let index = 0; index < 300; index += 1)
      await producer.send('orders', { key: `k${index % 7}`, value: `v${index}` });
    const member = q.consumer('orders', { group: 'billing', from: 'earliest' });
    let handled = 0;
    for await (const message of member) {
      message.ack();
      handled += 1;
      if (handled === 100) break;
    }
    await member.close();
    const committed = (await q.admin.describeGroup('billing')).partitions.map(({ partition, committedOffset }) => [
      partition,
      committedOffset,
    ]);
    const backup = new BackupFolder({ fileSystem: nodeFileSystem, path: join(folder(), 'backup') });
    const { manifest } = await take(admin, backup);
    for (const partition of manifest.partitions)
      expect((await verifyPartition(backup, partition)).problems).toEqual([]);
    expect(manifest.head.clusterId).toBe(admin.broker.clusterId);
    expect(manifest.partitions.map(({ topic }) => topic)).toEqual(expect.arrayContaining(['__metadata', 'orders']));

    const directory = join(folder(), 'data');
    await restoreBackup(nodeFileSystem, { backup, manifest, directory, asNew: true });
    const restored = await startBroker({ dataDir: directory, port: 0, admin: false });
    onTestFinished(() => restored.close());
    expect(restored.clusterId).not.toBe(admin.broker.clusterId);
    const again = await connect(restored.url);
    onTestFinished(() => void again.close());
    expect(await again.admin.describeTopic('orders')).toMatchObject({
      configs: expect.arrayContaining([expect.objectContaining({ key: 'retention.ms', value: '7200000' })]),
    });
    const { partitions } = await again.admin.describeGroup('billing');
    expect(partitions.map(({ partition, committedOffset }) => [partition, committedOffset])).toEqual(committed);
    expect(committed.reduce((sum, [, offset]) => sum + (offset ?? 0), 0)).toBe(100);
    const values: string[] = [];
    const consumer = again.consumer('orders', { from: 'earliest' });
    for await (const message of consumer) {
      values.push(Buffer.from(message.value!).toString());
      if (values.length === 300) break;
    }
    expect(new Set(values).size).toBe(300);
    await again.producer().send('orders', { value: 'goes on' });
  });

  it('O2: sends what is new after an earlier backup', async () => {
    const admin = await adminBroker();
    const q = await connect(admin.broker.url);
    onTestFinished(() => void q.close());
    await q.admin.createTopic('orders', { partitions: 1 });
    const producer = q.producer();
    await producer.send('orders', { value: 'x'.repeat(500_000) });
    const backup = new BackupFolder({ fileSystem: nodeFileSystem, path: join(folder(), 'backup') });
    const first = await take(admin, backup);
    await producer.send('orders', { value: 'new' });
    const second = await take(admin, backup, first.manifest);
    expect(first.bytes).toBeGreaterThan(500_000);
    expect(second.bytes).toBeLessThan(100_000);
    for (const partition of second.manifest.partitions)
      expect((await verifyPartition(backup, partition)).problems).toEqual([]);
  });

  it('O2: makes one at a time, and ends one whose reader is gone', async () => {
    const admin = await adminBroker();
    const q = await connect(admin.broker.url);
    onTestFinished(() => void q.close());
    await q.admin.createTopic('orders', { partitions: 1 });
    const producer = q.producer();
    for (let index = 0; index < 40; index += 1) await producer.send('orders', { value: 'x'.repeat(900_000) });
    const reader = new AbortController();
    const first = await admin.ask('/api/v1/backup', { signal: reader.signal });
    const busy = await admin.ask('/api/v1/backup');
    expect(busy.status).toBe(503);
    expect(await busy.json()).toMatchObject({ code: 'BROKER_BUSY' });
    expect(first.status).toBe(200);
    reader.abort();
    await expect
      .poll(async () => {
        const answer = await admin.ask('/api/v1/backup');
        await answer.body?.cancel();
        return answer.status;
      })
      .toBe(200);
  });
});

// A disk that fails under the broker program: it must not go on as if nothing had happened.
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import { BrokerProcess } from '@q/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));

/** From SIGUSR2 on every sync of the process fails, as on a disk that has died. */
const dyingDisk = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const fail = (descriptor, done) => setImmediate(done, Object.assign(new Error('EIO: planted'), { code: 'EIO' }));
process.on('SIGUSR2', () => { fs.fdatasync = fail; fs.fsync = fail; syncBuiltinESMExports(); console.log('the disk is dead'); });`;

const nodeOptions = process.env['NODE_OPTIONS'];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'q-storage-failure-'));
});

afterEach(async () => {
  process.env['NODE_OPTIONS'] = nodeOptions;
  await rm(folder, { recursive: true });
});

it('S2 B2 a failed sync ends the broker program with 1 and without a clean-shutdown mark; what was acknowledged is there afterwards', async () => {
  const args = ['--data-dir', folder];
  process.env['NODE_OPTIONS'] = `--import=data:text/javascript,${encodeURIComponent(dyingDisk)}`;
  await using broker = await BrokerProcess.start({ main, args });
  {
    await using q = await connect(broker.url, { requestTimeoutMs: 1_000 });
    await q.admin.createTopic('orders');
    await using producer = q.producer({ deliveryTimeoutMs: 1_000 });
    expect(await producer.send('orders', { value: 'kept' })).toMatchObject({ offset: 0, durability: 'fsync' });
    process.kill(broker.pid, 'SIGUSR2');
    await expect.poll(() => broker.log).toContain('the disk is dead');
    await expect(producer.send('orders', { value: 'never acknowledged' })).rejects.toMatchObject({ name: 'QError' });
  }
  expect(await broker.ended).toEqual({ code: 1, signal: null });
  expect(broker.log).toMatch(/"level":"fatal".*"msg":"storage failed/);
  await expect(access(join(folder, '.clean-shutdown'))).rejects.toThrow('ENOENT');

  process.env['NODE_OPTIONS'] = nodeOptions;
  await using again = await BrokerProcess.start({ main, args });
  await using q = await connect(again.url);
  const consumer = q.consumer('orders', { stopAtEnd: true });
  const values: string[] = [];
  for await (const message of consumer) values.push(String(message.value));
  expect(values[0]).toBe('kept');
  expect((await again.stop()).code).toBe(0);
  await expect(access(join(folder, '.clean-shutdown'))).resolves.toBeUndefined();
});

/** Who else on the machine may look into the data folder (rows A1, A3). */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { batchOf, testBroker, testClient } from './harness.ts';

it.skipIf(process.platform === 'win32')(
  'A1, SEC-15: nobody but the broker’s user reads the data folder, nor any file in it, whatever the umask allows',
  async () => {
    const above = await mkdtemp(join(tmpdir(), 'q-modes-'));
    onTestFinished(() => rm(above, { recursive: true, force: true }));
    const dataDir = join(above, 'deeper', 'data');
    const broker = await testBroker({ storage: 'file', dataDir, security: { mechanisms: ['SCRAM-SHA-256'] } });
    await broker.users!.setPassword('alice', 'alice-pw');
    await broker.close();
    const open = await testBroker({ storage: 'file', dataDir });
    const client = await testClient(open);
    const { topicId } = await client.createTopic('orders');
    await client.produce(topicId, batchOf('secret'));
    const found = await readdir(dataDir, { recursive: true });
    expect(found.length).toBeGreaterThan(8);
    expect(found).toContain('.lock.held');
    const readable: string[] = [];
    for (const path of ['.', '..', ...found]) {
      const { mode } = await stat(join(dataDir, path));
      if ((mode & 0o077) !== 0) readable.push(`${path} 0${(mode & 0o777).toString(8)}`);
    }
    expect(readable).toEqual([]);
  },
);

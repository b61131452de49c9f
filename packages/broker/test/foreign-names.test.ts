import { mkdir, readFile, readdir, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeTopic, ListTopics } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import type { Broker, BrokerLogger } from '../src/index.ts';
import { batchOf, errorOf, testBroker, testClient, testDirectory } from './harness.ts';

const lines: { fields: object; message: string }[] = [];
const note = (fields: object, message: string): void => void lines.push({ fields, message });
const logger: BrokerLogger = { debug: note, info: note, warn: note, error: note };

function start(dataDir: string): Promise<Broker> {
  return testBroker({ storage: 'file', dataDir, logger });
}

describe('what somebody has put into the data folder', () => {
  it('T1 a file with the name of a partition is reported and left alone', async () => {
    const dataDir = await testDirectory();
    await writeFile(join(dataDir, 'orders-0'), 'mine');
    const broker = await start(dataDir);
    const message = 'the data folder holds a file with the name of a partition; it is left alone';
    expect(lines).toContainEqual({
      fields: { event: 'folder.foreign_file', file: join(dataDir, 'orders-0') },
      message,
    });
    const client = await testClient(broker);
    const refused = await errorOf(client.createTopic('orders'));
    expect(refused).toMatchObject({ code: 'CORRUPT_LOG', retriable: false });
    expect(refused.message).toMatch(/orders-0.*a file of that name.*move it/);
    // Nothing is left of the attempt, and others are served.
    expect((await errorOf(client.request(DescribeTopic, { name: 'orders' }))).code).toBe('UNKNOWN_TOPIC');
    const { topicId } = await client.createTopic('others');
    expect(await client.produce(topicId, batchOf('a'))).toMatchObject({ errorCode: 0 });
    expect(await readFile(join(dataDir, 'orders-0'), 'utf8')).toBe('mine');
  });

  it.each([
    ['that leads nowhere', 'absent/place'],
    ['to itself', 'orders-0'],
  ])('B6 a link %s with the name of a partition is reported and left alone', async (_kind, target) => {
    const dataDir = await testDirectory();
    await symlink(target, join(dataDir, 'orders-0'));
    const client = await testClient(await start(dataDir));
    const message = 'the data folder holds a file with the name of a partition; it is left alone';
    expect(lines).toContainEqual({
      fields: { event: 'folder.foreign_file', file: join(dataDir, 'orders-0') },
      message,
    });
    expect(await errorOf(client.createTopic('orders'))).toMatchObject({
      code: 'CORRUPT_LOG',
      message: expect.stringContaining('move it'),
    });
    const { topicId } = await client.createTopic('others');
    expect(await client.produce(topicId, batchOf('a'))).toMatchObject({ errorCode: 0 });
    expect(await readlink(join(dataDir, 'orders-0'))).toBe(target);
  });

  it('a data folder behind a link that leads nowhere is refused in these words', async () => {
    const dataDir = join(await testDirectory(), 'data');
    await symlink('absent/place', dataDir);
    const refused = await errorOf(start(dataDir));
    expect(refused).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('a link that leads nowhere'),
    });
    expect(refused.cause).toMatchObject({ code: 'EEXIST', message: expect.stringContaining('link') });
  });

  it('T1 a folder with data that does not say whose is no topic that exists, and is left alone', async () => {
    const dataDir = await testDirectory();
    await mkdir(join(dataDir, 'orders-0'));
    await writeFile(join(dataDir, 'orders-0', '00000000000000000000.log'), 'mine');
    const client = await testClient(await start(dataDir));
    const refused = await errorOf(client.createTopic('orders'));
    expect(refused).toMatchObject({ code: 'CORRUPT_LOG' });
    expect(refused.message).toMatch(/orders-0.*no readable partition\.metadata.*move it/);
    expect((await client.request(ListTopics, { includeInternal: false })).topics.map(({ name }) => name)).not.toContain(
      'orders',
    );
    expect(await readFile(join(dataDir, 'orders-0', '00000000000000000000.log'), 'utf8')).toBe('mine');
  });

  it('T1 a folder that holds nothing of a log is taken', async () => {
    const dataDir = await testDirectory();
    await mkdir(join(dataDir, 'orders-0'));
    await writeFile(join(dataDir, 'orders-0', 'notes.txt'), 'mine');
    const client = await testClient(await start(dataDir));
    await client.createTopic('orders');
    expect(await readdir(join(dataDir, 'orders-0'))).toEqual(['notes.txt', 'partition.metadata']);
  });
});

import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readAll, Scene } from './scene.ts';

const partitions = 1_500;
/** Handles of this process before any log is open are about 30; logs may add a bounded number, not one each. */
const openFilesMax = 1_150;
/** Of processor time, which a busy machine does not stretch. Loose on purpose: about ten times what it takes. */
const reopenMsMax = 10_000;

async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}

describe('a thousand partitions', () => {
  it('T3 S1 are written, reopened in bounded time and read, without thousands of open files', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('wide', { partitions, config: { durability: 'os' } });
    await using producer = scene.q.producer();
    await Promise.all(
      Array.from({ length: partitions }, (_, partition) =>
        producer.send('wide', { value: `in ${partition}`, partition }),
      ),
    );
    expect(await openFiles()).toBeLessThan(openFilesMax);
    const before = process.cpuUsage();
    await scene.restart();
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(reopenMsMax);
    expect(await openFiles()).toBeLessThan(openFilesMax);
    const records = await readAll(scene.q, 'wide');
    expect(records.map(({ partition, value }) => `${value} ${partition}`).toSorted()).toEqual(
      Array.from({ length: partitions }, (_, partition) => `in ${partition} ${partition}`).toSorted(),
    );
  }, 120_000);
});

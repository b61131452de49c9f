import { nodeFileSystem } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { readValues, Scene } from './scene.ts';
import { SyncCounter } from './sync-counter.ts';

describe('group commit', () => {
  it('Z3 B2 makes the sends of many callers durable together: far fewer syncs than sends', async () => {
    const syncs = new SyncCounter(nodeFileSystem);
    await using scene = await Scene.start({ fileSystem: syncs.fileSystem });
    await scene.q.admin.createTopic('busy', { partitions: 1 });
    const clients = await Promise.all(Array.from({ length: 8 }, () => scene.connect()));
    const before = syncs.count;
    await Promise.all(
      clients.map(async (q) => {
        await using producer = q.producer();
        await Promise.all(Array.from({ length: 100 }, (_, index) => producer.send('busy', { value: `${index}` })));
      }),
    );
    expect(await readValues(scene.q, 'busy')).toHaveLength(800);
    expect(syncs.count - before).toBeGreaterThan(0);
    expect(syncs.count - before).toBeLessThan(200);
  });

  it('B2 syncs before each acknowledgement of a lone caller, and not at all when the topic asks for os', async () => {
    const syncs = new SyncCounter(nodeFileSystem);
    await using scene = await Scene.start({ fileSystem: syncs.fileSystem });
    await scene.q.admin.createTopic('safe', { partitions: 1 });
    await scene.q.admin.createTopic('fast', { partitions: 1, config: { durability: 'os' } });
    await using producer = scene.q.producer();
    for (const [topic, syncsEach] of [
      ['safe', 1],
      ['fast', 0],
    ] as const) {
      await producer.send(topic, { value: 'first' });
      const before = syncs.count;
      for (let index = 0; index < 10; index += 1) await producer.send(topic, { value: `${index}` });
      expect(syncs.count - before).toBe(10 * syncsEach);
    }
  });
});

import { formatLog } from '@q/testkit';
import { connectClient, expectQError } from './simulated-client.ts';
import type { SimulatedTopic } from './simulated-topics.ts';
import type { World } from './world.ts';

const pauseMsMax = 400;

/** Asks for the ends of topics, which must never go back, and now and then trims the topic that is there for it. */
export async function watchTopics(world: World, topics: readonly SimulatedTopic[]): Promise<void> {
  const random = world.random.fork();
  const q = await connectClient(world);
  while (!world.isHealed) {
    await world.sleep(random.next() * pauseMsMax);
    const { name, kind, partitions } = random.pick(topics);
    const logs = Array.from({ length: partitions }, (_, partition) => formatLog(name, partition));
    const asked = logs.map((log) => world.history.askWatermark(log));
    try {
      const ends = await q.admin.listOffsets(name, 'end');
      for (const [partition, log] of logs.entries())
        world.history.watermark(log, ends[partition] ?? 0, asked[partition]!);
      if (kind === 'trimmed' && random.chance(0.2))
        await q.admin.deleteRecords(name, { 0: random.below((ends[0] ?? 0) + 1) });
    } catch (error) {
      expectQError(world, error, 'the watcher asks in vain');
    }
  }
  await q.close({ timeoutMs: 1_000 });
}

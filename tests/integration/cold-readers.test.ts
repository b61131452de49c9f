import { describe, expect, it } from 'vitest';
import type { Q } from '@q/client';
import { Scene } from './scene.ts';

const records = 16_000;

function valueOf(index: number): string {
  return `${index}:`.padEnd(1_000, String.fromCodePoint(97 + (index % 26)));
}

/**
 * Reads to the end, and says how many of the values were those that were sent, each once and in order of its partition.
 */
async function check(q: Q, by: 'message' | 'batch'): Promise<{ right: number; wrong: string[] }> {
  const next = new Map<number, number>();
  const wrong: string[] = [];
  let right = 0;
  const look = (partition: number, value: Buffer | null): void => {
    const text = value?.toString() ?? '';
    const index = Number.parseInt(text, 10);
    if (text === valueOf(index) && index >= (next.get(partition) ?? 0)) right += 1;
    else wrong.push(text.slice(0, 20));
    next.set(partition, index + 1);
  };
  const consumer = q.consumer('orders', { from: 'earliest', stopAtEnd: true });
  if (by === 'message') for await (const { partition, value } of consumer) look(partition, value);
  else
    for await (const batch of consumer.batches()) for (const { value } of batch.records) look(batch.partition, value);
  return { right, wrong };
}

describe('readers of what was stored before', () => {
  it('Z1 Z2 C1 get every byte as it was sent, while memory is used again and again, and one of them hangs up', async () => {
    // Room for two free buffers: each is lent many times over.
    await using scene = await Scene.start({ storageLimits: { readBuffersBytes: 2 << 20 } });
    await scene.q.admin.createTopic('orders', { partitions: 2, config: { durability: 'os' } });
    const producer = scene.q.producer();
    for (let index = 0; index < records; index += 1)
      if (!producer.enqueue('orders', { value: valueOf(index) })) await producer.ready();
    await producer.close();
    await scene.restart();
    const clients = await Promise.all(
      ['message', 'batch', 'batch'].map(async (by) => ({
        by: by as 'message' | 'batch',
        q: await scene.connect(scene.broker.url),
      })),
    );
    const leaver = await scene.connect(scene.broker.url);
    const leaving = leaver.consumer('orders', { from: 'earliest' })[Symbol.asyncIterator]();
    await leaving.next();
    const checks = clients.map(({ q, by }) => check(q, by));
    await leaver.close({ timeoutMs: 0 });
    for (const done of await Promise.all(checks)) expect(done).toEqual({ right: records, wrong: [] });
  }, 60_000);
});

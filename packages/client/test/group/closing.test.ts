import { describe, expect, it } from 'vitest';

import type { GroupConsumer } from '../../src/group/group-consumer.ts';
import type { GroupMessage } from '../../src/group/group-message.ts';
import { GroupScene } from '../fake/group-scene.ts';

/** Hands out that many messages, acknowledges the first few, and gives the others back. */
async function work(
  scene: GroupScene,
  consumer: GroupConsumer,
  o: { taken: number; acked: number },
): Promise<GroupMessage[]> {
  const taken = await scene.take(consumer[Symbol.asyncIterator](), o.taken);
  for (const message of taken.slice(0, o.acked)) message.ack();
  return taken.slice(o.acked);
}

describe('closing a group consumer', () => {
  it('B6 waits for what was handed out, commits, leaves, and says how it went', async () => {
    const scene = await GroupScene.start({ partitions: 2 });
    const consumer = scene.consumer();
    const open = await work(scene, consumer, { taken: 10, acked: 4 });
    const closing = consumer.close();
    await scene.clock.advance(5);
    const fetches = scene.broker.requestsOf('FETCH').length;
    for (const [index, message] of open.entries()) scene.clock.schedule(100 * (index + 1), () => message.ack());
    expect(await scene.settle(closing)).toEqual({ drained: 6, abandoned: 0 });
    expect(scene.group.committedOffset(0) + scene.group.committedOffset(1)).toBe(10);
    expect(scene.group.left).toHaveLength(1);
    expect(scene.broker.requestsOf('FETCH')).toHaveLength(fetches);
    expect(scene.clock.monotonic()).toBeLessThan(800);
    await scene.settle(scene.q.close());
    await scene.clock.advance(1_000);
    expect(scene.clock.pending).toBe(0);
  });

  it('B6 gives up what is not acknowledged in time: it is delivered again', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ drainTimeoutMs: 2_000 });
    const open = await work(scene, consumer, { taken: 6, acked: 1 });
    open[0]?.ack();
    scene.clock.schedule(500, () => open[2]?.ack());
    const startMs = scene.clock.monotonic();
    const closing = consumer.close();
    expect(await scene.settle(closing)).toEqual({ drained: 1, abandoned: 3 });
    expect(scene.clock.monotonic() - startMs).toBeLessThan(2_100);
    expect(scene.group.committedOffset(0)).toBe(2);
    expect(open[1]?.signal.aborted).toBe(true);
    expect(() => open[1]?.ack()).toThrow(expect.objectContaining({ code: 'PARTITION_NOT_OWNED' }));
    const next = scene.consumer();
    const [again] = await scene.take(next[Symbol.asyncIterator](), 1);
    expect(again?.offset).toBe(2);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('B6 does not wait for the message in hand of a loop that is left', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const reading = (async () => {
      for await (const message of consumer) {
        if (message.offset === 4) break;
        message.ack();
      }
    })();
    const startMs = scene.clock.monotonic();
    await scene.settle(reading);
    expect(scene.clock.monotonic() - startMs).toBeLessThan(100);
    expect(await consumer.closed).toEqual({ drained: 0, abandoned: 1 });
    expect(scene.group.committedOffset(0)).toBe(4);
    expect(() => consumer[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    await scene.settle(scene.q.close());
  });

  it('B6 waits for the others when a loop is left', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const reading = (async () => {
      for await (const message of consumer) {
        if (message.offset === 4) break;
        scene.clock.schedule(1_000, () => message.ack());
      }
    })();
    await scene.settle(reading);
    expect(await consumer.closed).toEqual({ drained: 4, abandoned: 1 });
    expect(scene.group.committedOffset(0)).toBe(4);
    await scene.settle(scene.q.close());
  });

  it.each(['dispose', 'abort', 'q.close', 'error'] as const)('B6 commits and leaves on %s', async (how) => {
    const scene = await GroupScene.start();
    const controller = new AbortController();
    const consumer = scene.consumer({ signal: controller.signal });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const message of consumer) {
        seen.push(message.offset);
        message.ack();
        if (message.offset !== 11) continue;
        if (how === 'dispose') scene.clock.schedule(10, () => void consumer[Symbol.asyncDispose]());
        else if (how === 'abort') scene.clock.schedule(10, () => controller.abort());
        else if (how === 'q.close') scene.clock.schedule(10, () => void scene.q.close());
        else throw new Error('the loop failed');
      }
    })();
    if (how === 'error') await expect(scene.settle(reading)).rejects.toThrow('the loop failed');
    else await scene.settle(reading);
    expect(seen).toHaveLength(12);
    expect(scene.group.committedOffset(0)).toBe(12);
    expect(scene.group.left).toHaveLength(1);
    await scene.settle(scene.q.close());
    await scene.clock.advance(1_000);
    expect(scene.clock.pending).toBe(0);
  });

  it('B6 sums what all consumers and producers say when the client closes', async () => {
    const scene = await GroupScene.start({ partitions: 2 });
    const [first, second] = [scene.consumer({ drainTimeoutMs: 1_000 }), scene.consumer({ drainTimeoutMs: 1_000 })];
    const open = await work(scene, first, { taken: 5, acked: 2 });
    await scene.settle(second.ready());
    scene.clock.schedule(100, () => open[0]?.ack());
    expect(await scene.settle(scene.q.close({ timeoutMs: 1_000 }))).toEqual({ drained: 1, abandoned: 2 });
    expect(scene.group.left).toHaveLength(2);
  });

  it('W3 is bounded when the broker is gone, and then says that nothing is certain', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ drainTimeoutMs: 1_000 });
    const errors: string[] = [];
    consumer.on('error', ({ code }) => errors.push(code));
    const open = await work(scene, consumer, { taken: 4, acked: 0 });
    scene.network.isRefusing = true;
    scene.broker.cutAll();
    open[0]?.ack();
    scene.clock.schedule(100, () => open[1]?.ack());
    const startMs = scene.clock.monotonic();
    // Also the one that was acknowledged before, and never committed: it is delivered again.
    expect(await scene.settle(consumer.close())).toEqual({ drained: 0, abandoned: 4 });
    expect(scene.clock.monotonic() - startMs).toBeLessThan(3_100);
    expect(errors).toEqual(['REQUEST_TIMED_OUT', 'NO_BROKER']);
    await scene.settle(scene.q.close());
    await scene.clock.advance(1_000);
    expect(scene.clock.pending).toBe(0);
  });

  it('B6 before it has joined costs nothing', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    expect(await scene.settle(consumer.close())).toEqual({ drained: 0, abandoned: 0 });
    await expect(consumer.ready()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(scene.broker.requestsOf('GROUP_HEARTBEAT')).toHaveLength(0);
    const joining = scene.consumer();
    const ready = joining.ready().catch((error: unknown) => error);
    await scene.clock.advance(3);
    expect(await scene.settle(joining.close())).toEqual({ drained: 0, abandoned: 0 });
    expect(await ready).toMatchObject({ code: 'CLOSED' });
    await scene.settle(scene.q.close());
    expect([...scene.group.members]).toEqual([]);
  });
});

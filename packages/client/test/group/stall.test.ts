import type { GroupHeartbeatRequest } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import type { GroupConsumer } from '../../src/group/group-consumer.ts';
import type { ResumedEvent, StalledEvent } from '../../src/group/group-events.ts';
import { GroupScene } from '../fake/group-scene.ts';

function recordStalls(consumer: GroupConsumer): (StalledEvent | ResumedEvent)[] {
  const seen: (StalledEvent | ResumedEvent)[] = [];
  consumer.on('stalled', (event) => seen.push(event));
  consumer.on('resumed', (event) => seen.push(event));
  return seen;
}

function stalledMs(scene: GroupScene): number {
  return scene.broker.requestsOf<GroupHeartbeatRequest>('GROUP_HEARTBEAT').at(-1)?.stalledMs ?? -1;
}

describe('a consumer without progress', () => {
  it('G1 says so once, to the application and to the group, and when it goes on', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ stallTimeoutMs: 10_000 });
    const stalls = recordStalls(consumer);
    const messages = consumer[Symbol.asyncIterator]();
    const taken = await scene.take(messages, 3);
    taken[0]?.ack();
    await scene.clock.advance(9_000);
    expect([stalls, stalledMs(scene)]).toEqual([[], 0]);
    await scene.clock.advance(60_000);
    expect(stalls).toEqual([
      {
        reason: 'no-progress',
        sinceMs: expect.closeTo(10_000, -4) as number,
        unacked: 2,
        oldest: { partition: 0, offset: 1 },
      },
    ]);
    expect(stalledMs(scene)).toBeGreaterThan(60_000);
    taken[1]?.ack();
    await scene.clock.advance(2_000);
    expect(stalls).toHaveLength(2);
    expect(stalls[1]).toEqual({ afterMs: expect.closeTo(69_000, -4) as number });
    expect(stalledMs(scene)).toBe(0);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('G1 is not stalled while there is nothing to do, or while it waits for records', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ stallTimeoutMs: 5_000 });
    const stalls = recordStalls(consumer);
    const messages = consumer[Symbol.asyncIterator]();
    for (const message of await scene.take(messages, 12)) message.ack();
    const next = messages.next();
    await scene.clock.advance(60_000);
    expect(stalls).toEqual([]);
    await scene.settle(scene.q.close());
    expect((await next).done).toBe(true);
  });

  it('G1 is stalled when it never takes what was fetched for it', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ stallTimeoutMs: 5_000 });
    const stalls = recordStalls(consumer);
    await scene.settle(consumer.ready());
    await scene.clock.advance(7_000);
    expect(stalls).toEqual([
      { reason: 'no-progress', sinceMs: expect.any(Number) as number, unacked: 0, oldest: null },
    ]);
    await scene.settle(scene.q.close());
  });

  it('G1 that blocked the event loop is found out when it turns again', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ stallTimeoutMs: 10_000 });
    const stalls = recordStalls(consumer);
    const messages = consumer[Symbol.asyncIterator]();
    const [message] = await scene.take(messages, 1);
    await scene.clock.advance(1_500);
    scene.clock.jumpTo(scene.clock.now() + 20_000);
    message?.ack();
    await scene.clock.advance(1_500);
    expect(stalls).toEqual([
      { reason: 'event-loop', sinceMs: expect.closeTo(20_000, -4) as number, unacked: 0, oldest: null },
      { afterMs: expect.closeTo(20_000, -4) as number },
    ]);
    await scene.settle(scene.q.close());
  });
});

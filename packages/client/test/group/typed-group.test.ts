import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { topic } from '../../src/topic/topic.ts';
import { encodeBatch } from '@q/protocol';
import { GroupScene } from '../fake/group-scene.ts';

/** Records of which those with an offset divisible by three do not match. */
async function start(): Promise<GroupScene> {
  const scene = await GroupScene.start({ records: 0 });
  const records = Array.from({ length: 7 }, (_, index) => ({
    key: 'k',
    value: index % 3 === 0 ? 'broken' : String(index),
    timestampMs: index,
  }));
  scene.group.topic.logs[0]?.append(encodeBatch(records));
  return scene;
}

/** Takes its time, on the scene's clock. */
function slowNumber(scene: GroupScene): z.ZodType<number, number> {
  return z.number().refine(async () => {
    await new Promise<void>((resolve) => void scene.clock.schedule(50, resolve));
    return true;
  });
}

describe('a group consumer of a typed topic', () => {
  it('C4 counts records that are left out as handled once the ones before them are', async () => {
    const scene = await start();
    const consumer = scene.q.consumer(topic('t', { value: z.number(), onInvalid: 'skip' }), { group: 'g' });
    const messages = consumer[Symbol.asyncIterator]();
    const taken = [];
    for (let count = 0; count < 4; count += 1) taken.push((await scene.settle(messages.next())).value);
    expect(taken.map((message) => message?.value)).toEqual([1, 2, 4, 5]);
    for (const message of taken.slice(0, 3)) message?.ack();
    await scene.settle(consumer.commit());
    expect(scene.group.committedOffset(0)).toBe(5);
    const next = messages.next();
    taken[3]?.ack();
    await scene.clock.advance(1_100);
    expect([scene.group.committedOffset(0), consumer.skipped]).toEqual([7, 3]);
    await scene.settle(scene.q.close());
    expect((await next).done).toBe(true);
  });

  it('C4 stops at a record that does not match, and has committed what came before', async () => {
    const scene = await start();
    scene.group.offsets.set(0, { partition: 0, offset: 1, metadata: null });
    const consumer = scene.q.consumer(topic('t', { value: z.number() }), { group: 'g' });
    const reading = (async () => {
      for await (const message of consumer) message.ack();
    })();
    await expect(scene.settle(reading)).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH', details: { offset: 3 } });
    expect(scene.group.committedOffset(0)).toBe(3);
    expect(scene.group.left).toHaveLength(1);
    await scene.settle(scene.q.close());
  });

  it('C4 never commits a record that its schema still looks at', async () => {
    const scene = await start();
    const consumer = scene.q.consumer(topic('t', { value: slowNumber(scene), onInvalid: 'skip' }), {
      group: 'g',
      autoCommit: { intervalMs: 10 },
    });
    const messages = consumer[Symbol.asyncIterator]();
    const first = (await scene.settle(messages.next())).value;
    first?.ack();
    const next = messages.next();
    await scene.clock.advance(40);
    expect(scene.group.committedOffset(0)).toBe(2);
    expect((await scene.settle(next)).value?.offset).toBe(2);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('G2 drops what a schema looked at while its partition was taken away', async () => {
    const scene = await start();
    const consumer = scene.q.consumer(topic('t', { value: slowNumber(scene), onInvalid: 'skip' }), { group: 'g' });
    const messages = consumer[Symbol.asyncIterator]();
    const first = (await scene.settle(messages.next())).value;
    first?.ack();
    const next = messages.next();
    await scene.clock.advance(20);
    scene.group.assign(consumer.memberId, []);
    await scene.clock.advance(1_000);
    expect(scene.group.committedOffset(0)).toBe(2);
    scene.group.assign(consumer.memberId, [0]);
    expect((await scene.settle(next)).value?.offset).toBe(2);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('B6 ends a loop that waits for a schema that never answers', async () => {
    const scene = await start();
    const never = z.number().refine(() => new Promise(() => {}));
    const consumer = scene.q.consumer(topic('t', { value: never, onInvalid: 'skip' }), { group: 'g' });
    const waiting = consumer[Symbol.asyncIterator]().next();
    await scene.clock.advance(100);
    expect(await scene.settle(consumer.close())).toEqual({ drained: 0, abandoned: 0 });
    expect(await scene.settle(waiting)).toEqual({ done: true, value: undefined });
    await scene.settle(scene.q.close());
  });

  it('C4 commits nothing that a schema answered for after a seek', async () => {
    const scene = await start();
    const consumer = scene.q.consumer(topic('t', { value: slowNumber(scene), onInvalid: 'skip' }), { group: 'g' });
    const messages = consumer[Symbol.asyncIterator]();
    await scene.settle(consumer.ready());
    await scene.settle(consumer.seek({ partition: 0, offset: 5 }));
    const waiting = messages.next();
    await scene.until(() => consumer.position(0) === 6);
    await scene.settle(consumer.seek({ partition: 0, offset: 1 }));
    const { value: message } = await scene.settle(waiting);
    message?.ack();
    await scene.settle(consumer.commit());
    expect([message?.offset, scene.group.committedOffset(0)]).toEqual([1, 2]);
    await scene.settle(scene.q.close());
  });
});

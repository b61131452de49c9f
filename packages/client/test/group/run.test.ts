import { describe, expect, it } from 'vitest';

import type { GroupMessage } from '../../src/group/group-message.ts';
import { GroupScene } from '../fake/group-scene.ts';

/** Work that takes so long on the scene's clock. */
function takes(scene: GroupScene, ms: number): Promise<void> {
  return new Promise((resolve) => void scene.clock.schedule(ms, resolve));
}

describe('run', () => {
  it('C4 calls the handler for one message after another, and acknowledges each', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    let inWork = 0;
    const seen: number[] = [];
    const running = consumer.run(async ({ offset }) => {
      inWork += 1;
      expect(inWork).toBe(1);
      await takes(scene, 10);
      inWork -= 1;
      seen.push(offset);
    });
    await scene.until(() => seen.length === 12);
    await scene.settle(consumer.close());
    expect(await scene.settle(running)).toEqual({ drained: 0, abandoned: 0 });
    expect(scene.group.committedOffset(0)).toBe(12);
    await scene.settle(scene.q.close());
  });

  it('B6 C4 stops when the handler throws: what was handled is committed, the rest is delivered again', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const running = consumer.run(({ offset }) => {
      if (offset === 5) throw new Error('no more');
    });
    const startMs = scene.clock.monotonic();
    await expect(scene.settle(running)).rejects.toThrow('no more');
    expect(scene.clock.monotonic() - startMs).toBeLessThan(100);
    expect(await consumer.closed).toEqual({ drained: 0, abandoned: 1 });
    expect(scene.group.committedOffset(0)).toBe(5);
    expect(scene.group.left).toHaveLength(1);
    await scene.settle(scene.q.close());
  });

  it('C4 goes on after a message that onError has looked after, and acknowledges it', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const seen: number[] = [];
    const failed: unknown[] = [];
    const running = consumer.run(
      ({ offset }) => {
        seen.push(offset);
        if (offset % 5 === 0) throw new Error(`not ${offset}`);
      },
      {
        onError: async (thrown, { offset }) => {
          await takes(scene, 10);
          // It was not acknowledged before it was looked after.
          expect(scene.group.committedOffset(0)).toBeLessThanOrEqual(offset);
          failed.push([offset, (thrown as Error).message]);
        },
      },
    );
    await scene.until(() => seen.length === 12 && failed.length === 3);
    await scene.settle(consumer.close());
    expect(await scene.settle(running)).toEqual({ drained: 0, abandoned: 0 });
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(failed).toEqual([
      [0, 'not 0'],
      [5, 'not 5'],
      [10, 'not 10'],
    ]);
    expect(scene.group.committedOffset(0)).toBe(12);
    await scene.settle(scene.q.close());
  });

  it('C4 stops when onError throws, with its error', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const running = consumer.run(
      ({ offset }) => {
        if (offset === 5) throw new Error('no more');
      },
      {
        onError: (thrown) => {
          throw new Error('really no more', { cause: thrown });
        },
      },
    );
    await expect(scene.settle(running)).rejects.toThrow('really no more');
    expect(await consumer.closed).toEqual({ drained: 0, abandoned: 1 });
    expect(scene.group.committedOffset(0)).toBe(5);
    await scene.settle(scene.q.close());
  });

  it('C4 keeps a key waiting while onError looks after its message', async () => {
    const scene = await GroupScene.start({ keys: () => 'k' });
    const consumer = scene.consumer({ concurrency: { by: 'key', max: 4 } });
    const order: string[] = [];
    const running = consumer.run(
      ({ offset }) => {
        order.push(`${offset}`);
        if (offset === 3) throw new Error('slowly');
      },
      {
        onError: async () => {
          await takes(scene, 50);
          order.push('looked after');
        },
      },
    );
    await scene.until(() => order.length === 13);
    await scene.settle(consumer.close());
    await scene.settle(running);
    expect(order).toEqual(['0', '1', '2', '3', 'looked after', '4', '5', '6', '7', '8', '9', '10', '11']);
    expect(scene.group.committedOffset(0)).toBe(12);
    await scene.settle(scene.q.close());
  });

  it('C4 refuses options that it does not have', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    await expect(consumer.run(() => {}, { onError: 'log' as never })).rejects.toThrow('run.onError');
    await expect(consumer.run(() => {}, { retries: 3 } as never)).rejects.toThrow('retries');
    await scene.settle(scene.q.close());
  });

  it('B5 handles keys beside each other, each in order, and no more than it may', async () => {
    const scene = await GroupScene.start({
      partitions: 2,
      records: 60,
      keys: (index) => (index % 7 === 0 ? null : `k${index % 5}`),
    });
    const consumer = scene.consumer({ concurrency: { by: 'key', max: 4 } });
    const order = new Map<string, number[]>();
    const inWork = new Set<GroupMessage>();
    let [mostInWork, handled] = [0, 0];
    const running = consumer.run(async (message) => {
      const lane = `${message.partition}/${String(message.key)}`;
      for (const other of inWork)
        if (message.key !== null) expect(`${other.partition}/${String(other.key)}`).not.toBe(lane);
      inWork.add(message);
      mostInWork = Math.max(mostInWork, inWork.size);
      await takes(scene, 5 + ((message.offset * 37) % 50));
      inWork.delete(message);
      order.set(lane, [...(order.get(lane) ?? []), message.offset]);
      handled += 1;
    });
    await scene.until(() => handled === 120);
    await scene.settle(consumer.close());
    await scene.settle(running);
    expect(mostInWork).toBe(4);
    for (const [lane, offsets] of order)
      if (!lane.endsWith('/null')) expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect([scene.group.committedOffset(0), scene.group.committedOffset(1)]).toEqual([60, 60]);
    await scene.settle(scene.q.close());
  });

  it('B5 commits no further than what is handled when one of several handlers fails', async () => {
    const scene = await GroupScene.start({ keys: (index) => `k${index}` });
    const consumer = scene.consumer({ concurrency: { by: 'key', max: 4 } });
    const done: number[] = [];
    const running = consumer.run(async ({ offset }) => {
      await takes(scene, offset === 2 ? 20 : 100);
      if (offset === 2) throw new Error('that one');
      done.push(offset);
    });
    await expect(scene.settle(running)).rejects.toThrow('that one');
    expect(done).toEqual([0, 1, 3]);
    expect(await consumer.closed).toEqual({ drained: 3, abandoned: 1 });
    expect(scene.group.committedOffset(0)).toBe(2);
    await scene.settle(scene.q.close());
  });

  it('B6 ends with its report when it is closed while a handler never comes to its end', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ drainTimeoutMs: 300 });
    let seen = 0;
    const running = consumer.run(({ offset }) => {
      seen += 1;
      return offset === 2 ? new Promise(() => {}) : null;
    });
    await scene.until(() => seen === 3);
    const startMs = scene.clock.monotonic();
    void consumer.close();
    expect(await scene.settle(running)).toEqual({ drained: 0, abandoned: 1 });
    expect(scene.clock.monotonic() - startMs).toBeLessThan(400);
    expect(scene.group.committedOffset(0)).toBe(2);
    await scene.settle(scene.q.close());
  });

  it('B6 still throws what ended the messages, also if that closed the consumer', async () => {
    const scene = await GroupScene.start();
    scene.group.offsets.set(0, { partition: 0, offset: 99, metadata: null });
    const consumer = scene.consumer();
    await expect(scene.settle(consumer.run(() => null))).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    await scene.settle(scene.q.close());
  });

  it('G2 goes on when a handler fails with a message that was taken away', async () => {
    const scene = await GroupScene.start({ partitions: 2, records: 3 });
    const consumer = scene.consumer({ drainTimeoutMs: 500 });
    const errors: string[] = [];
    consumer.on('error', ({ message }) => errors.push(message));
    const handled: string[] = [];
    const running = consumer.run(
      async ({ partition, offset, signal }) => {
        if (partition === 0 && offset === 1 && handled.every((value) => value !== '0:1')) {
          handled.push('0:1');
          scene.group.assign(consumer.memberId, [1]);
          await new Promise<void>((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(new Error('gave up on it'))),
          );
        }
        handled.push(`${partition}:${offset}`);
      },
      // Its new owner gets it: it is nobody's to look after here.
      { onError: () => void handled.push('looked after') },
    );
    await scene.until(() => handled.includes('1:2') && handled.includes('0:1'));
    await scene.clock.advance(50);
    expect(errors).toEqual([expect.stringContaining('gave up on it')]);
    expect(handled).not.toContain('looked after');
    expect(scene.group.committedOffset(0)).toBe(1);
    await scene.settle(consumer.close());
    await scene.settle(running);
    await scene.settle(scene.q.close());
  });
});

describe('concurrency by key', () => {
  it('B5 lets fast keys overtake a slow one, within a bound', async () => {
    const scene = await GroupScene.start({ records: 300, keys: (index) => (index < 150 ? 'slow' : `k${index}`) });
    const consumer = scene.consumer({ concurrency: { by: 'key', max: 2 } });
    const messages = consumer[Symbol.asyncIterator]();
    const [slow] = await scene.take(messages, 1);
    let second: number | undefined;
    const waiting = messages.next().then(({ value }) => (second = value?.offset));
    await scene.clock.advance(1_000);
    // 128 wait behind the slow one: further ahead it does not look.
    expect([slow?.offset, second]).toEqual([0, undefined]);
    slow?.ack();
    await scene.settle(waiting);
    expect(second).toBe(1);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('B5 frees the places of a partition that was taken away', async () => {
    const scene = await GroupScene.start({ partitions: 2, records: 3, keys: () => 'same' });
    const consumer = scene.consumer({ concurrency: { by: 'key', max: 2 }, drainTimeoutMs: 100 });
    const messages = consumer[Symbol.asyncIterator]();
    const taken = await scene.take(messages, 2);
    expect(taken.map(({ partition }) => partition).toSorted((a, b) => a - b)).toEqual([0, 1]);
    scene.group.assign(consumer.memberId, [1]);
    await scene.clock.advance(1_000);
    taken.find(({ partition }) => partition === 1)?.ack();
    const [next] = await scene.take(messages, 1);
    expect([next?.partition, next?.offset]).toEqual([1, 1]);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('B5 refuses batches', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ concurrency: { by: 'key', max: 2 } });
    expect(() => consumer.batches()).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    await scene.settle(scene.q.close());
  });
});

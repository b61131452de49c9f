import { describe, expect, it } from 'vitest';

import { FakeScene } from './fake/fake-scene.ts';

describe('a signal that is aborted already', () => {
  it('W3 gives a producer that is closed', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const q = await scene.connect();
    const producer = q.producer({ signal: AbortSignal.abort() });
    await expect(producer.send('t', { value: 'v' })).rejects.toMatchObject({ code: 'CLOSED' });
    expect(() => producer.enqueue('t', { value: 'v' })).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(await scene.settle(producer.close())).toEqual({ drained: 0, abandoned: 0 });
    expect(await scene.settle(q.close())).toEqual({ drained: 0, abandoned: 0 });
  });

  it('W3 gives a consumer that is closed, and a loop that ends', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const q = await scene.connect();
    const consumer = q.consumer('t', { signal: AbortSignal.abort() });
    await expect(consumer.ready()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await scene.settle(consumer[Symbol.asyncIterator]().next())).toEqual({ done: true, value: undefined });
    await consumer.close();
    await scene.settle(q.close());
  });

  it('W3 gives a member that is closed, and never joins', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const q = await scene.connect();
    const member = q.consumer('t', { group: 'g', signal: AbortSignal.abort() });
    await expect(member.ready()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await scene.settle(member.closed)).toEqual({ drained: 0, abandoned: 0 });
    await scene.settle(q.close());
    expect(scene.broker.requestsOf('GROUP_HEARTBEAT')).toEqual([]);
  });

  it('W3 stops flush and administration before they begin', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const q = await scene.connect();
    const signal = AbortSignal.abort(new Error('of the application'));
    const aborted = { code: 'ABORTED', cause: { message: 'of the application' } };
    await expect(scene.settle(q.producer().flush({ signal }))).rejects.toMatchObject(aborted);
    await expect(scene.settle(q.admin.createTopic('u', { signal }))).rejects.toMatchObject(aborted);
    await expect(scene.settle(q.admin.listOffsets('t', 'end', { signal }))).rejects.toMatchObject(aborted);
    expect(scene.broker.requestsOf('CREATE_TOPIC')).toEqual([]);
    await scene.settle(q.close());
  });

  it('Q3 has to be one', async () => {
    const scene = new FakeScene();
    const q = await scene.connect();
    for (const signal of [new AbortController(), {}, 5, null]) {
      const refused = { code: 'INVALID_CONFIG', details: { option: 'signal' } };
      await expect(scene.connecting({ signal: signal as never })).rejects.toMatchObject(refused);
      await expect(q.admin.ping({ signal: signal as never })).rejects.toMatchObject(refused);
      expect(() => q.producer({ signal: signal as never })).toThrow(expect.objectContaining(refused));
      expect(() => q.consumer('t', { signal: signal as never })).toThrow(expect.objectContaining(refused));
      expect(() => q.consumer('t', { group: 'g', signal: signal as never })).toThrow(expect.objectContaining(refused));
    }
    await scene.settle(q.close());
  });
});

import { describe, expect, it } from 'vitest';

import { FakeScene } from '../fake/fake-scene.ts';

describe('closing a producer', () => {
  it.each([
    { what: 'a broker that answers', isSilent: false, timeoutMs: 0 },
    { what: 'a broker that answers, in time for some', isSilent: false, timeoutMs: 3 },
    { what: 'a broker that is silent', isSilent: true, timeoutMs: 50 },
  ])('P4 settles everything that was sent, also what waited for room: $what', async ({ isSilent, timeoutMs }) => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const q = await scene.connect();
    const producer = q.producer({ maxBufferedBytes: 1_024 });
    await scene.settle(producer.send('t', { value: 'known' }));
    if (isSilent) scene.broker.faults = ({ api }) => (api === 'PRODUCE' ? 'silence' : 'none');
    let open = 0;
    const watch = (promise: Promise<unknown>): void => {
      open += 1;
      const settled = (): void => void (open -= 1);
      promise.then(settled, settled);
    };
    for (let sent = 0; sent < 300; sent += 1) watch(producer.send('t', { value: 'x'.repeat(100) }));
    watch(producer.flush());
    const { drained, abandoned } = await scene.settle(producer.close({ timeoutMs }));
    await Promise.resolve();
    expect(open).toBe(0);
    expect(drained + abandoned).toBe(300);
    expect(producer.bufferedBytes).toBe(0);
    await scene.settle(q.close());
  });

  it('P4 is not begun by an option that makes no sense', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const q = await scene.connect();
    const producer = q.producer();
    await expect(producer.close({ timeoutMs: -1 })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      details: { option: 'timeoutMs' },
    });
    await expect(q.close({ timeout: 5 } as never)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      details: { option: 'timeout' },
    });
    expect(await scene.settle(producer.send('t', { value: 'still open' }))).toMatchObject({ offset: 0 });
    await scene.settle(q.close());
  });
});

import { TcpProxy } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import type { Q } from '@q/client';
import { readValues, Scene } from './scene.ts';

interface ProxiedScene extends AsyncDisposable {
  readonly scene: Scene;
  readonly proxy: TcpProxy;
  readonly q: Q;
}

/** A scene with topic `orders`, and a client whose connection can be broken. */
async function startProxied(): Promise<ProxiedScene> {
  const scene = await Scene.start();
  await scene.q.admin.createTopic('orders', { partitions: 1 });
  const proxy = await TcpProxy.start({ host: '127.0.0.1', port: scene.broker.port });
  const q = await scene.connect(`q://${proxy.address}`, { requestTimeoutMs: 2000 });
  return {
    scene,
    proxy,
    q,
    [Symbol.asyncDispose]: async () => {
      await scene[Symbol.asyncDispose]();
      await proxy.close();
    },
  };
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}`);
}

describe('connection faults', () => {
  it('W3 P4 a producer whose connection is cut again and again loses, repeats and reorders nothing', async () => {
    await using setup = await startProxied();
    await using producer = setup.q.producer();
    const sends: Promise<{ offset: number }>[] = [];
    for (let index = 0; index < 2000; index += 1) {
      sends.push(producer.send('orders', { value: `${index}` }));
      if (index % 250 === 100) {
        await sends[index - 90];
        setup.proxy.cut();
      }
    }
    const results = await Promise.all(sends);
    expect(results.map(({ offset }) => offset)).toEqual(results.map((_, index) => index));
    expect(await readValues(setup.scene.q, 'orders')).toEqual(numbers(2000));
    expect(setup.proxy.accepted).toBeGreaterThan(4);
  });

  it('W3 P4 records whose acknowledgements got lost are sent again and stored once', async () => {
    await using setup = await startProxied();
    await using producer = setup.q.producer();
    await producer.send('orders', { value: '0' });
    setup.proxy.swallowAnswers();
    const sends = numbers(50)
      .slice(1)
      .map((value) => producer.send('orders', { value }));
    // The broker has them, the producer does not know it.
    await expect.poll(async () => (await readValues(setup.scene.q, 'orders')).length).toBeGreaterThan(1);
    setup.proxy.cut();
    setup.proxy.passAnswers();
    const results = await Promise.all(sends);
    expect(results.map(({ offset }) => offset)).toEqual(results.map((_, index) => index + 1));
    expect(await readValues(setup.scene.q, 'orders')).toEqual(numbers(50));
  });

  it('W3 a consumer goes on where it was', async () => {
    await using setup = await startProxied();
    await using producer = setup.scene.q.producer();
    const seen: string[] = [];
    const consumer = setup.q.consumer('orders', { from: 'earliest' });
    const consuming = (async () => {
      for await (const { value } of consumer) {
        seen.push(value!.toString());
        if (seen.length === 300) break;
      }
    })();
    for (let index = 0; index < 300; index += 1) {
      await producer.send('orders', { value: `${index}` });
      if (index % 60 === 30) setup.proxy.cut();
    }
    await consuming;
    expect(seen).toEqual(numbers(300));
  });

  it('W3 waits out a broker that cannot be reached, and a network that hangs', async () => {
    await using setup = await startProxied();
    await using producer = setup.q.producer();
    await producer.send('orders', { value: '0' });
    setup.proxy.refuse();
    setup.proxy.cut();
    const refused = producer.send('orders', { value: '1' });
    await expect.poll(() => setup.proxy.connections).toBe(0);
    setup.proxy.accept();
    expect(await refused).toMatchObject({ offset: 1 });
    setup.proxy.hold();
    const hanging = producer.send('orders', { value: '2' });
    // The request runs out of time, and the connection with it; the network heals under the next one.
    await expect.poll(() => setup.proxy.accepted, { timeout: 10_000 }).toBeGreaterThan(2);
    setup.proxy.release();
    expect(await hanging).toMatchObject({ offset: 2 });
    expect(await readValues(setup.scene.q, 'orders')).toEqual(numbers(3));
  });

  it('W3 close() wins over reconnecting', async () => {
    await using setup = await startProxied();
    const producer = setup.q.producer();
    setup.proxy.refuse();
    setup.proxy.cut();
    const send = producer.send('orders', { value: 'never' });
    const outcome = send.catch((error: unknown) => error);
    await setup.q.close({ timeoutMs: 50 });
    expect(await outcome).toMatchObject({ name: 'QError' });
  });
});

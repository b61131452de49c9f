import type { QError } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import { FakeScene } from '../fake/fake-scene.ts';

const deliveryTimeoutMs = 10_000;

describe('the delivery time-out', () => {
  it('P1 counts from send, also of a record that waited for its topic', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const q = await scene.connect();
    const startMs = scene.clock.monotonic();
    scene.broker.faults = ({ api }) => {
      const isLate = scene.clock.monotonic() - startMs > 8_000;
      return (api === 'METADATA' && !isLate) || api === 'PRODUCE' ? 'BROKER_BUSY' : 'none';
    };
    const producer = q.producer({ deliveryTimeoutMs });
    const error = await scene.settle(
      producer.send('t', { value: 'waits' }).catch((reason: unknown) => reason as QError),
    );
    expect(error).toMatchObject({ code: 'DELIVERY_TIMED_OUT' });
    const tookMs = scene.clock.monotonic() - startMs;
    expect(tookMs).toBeGreaterThanOrEqual(deliveryTimeoutMs);
    expect(tookMs).toBeLessThan(deliveryTimeoutMs + 100);
    await scene.settle(q.close({ timeoutMs: 0 }));
  });

  it.each([7_500, 9_200])(
    'P1 of a record is not cut by another one that waited longer and is ahead of it, waiting or gathering (%i ms)',
    async (waitMs) => {
      const scene = new FakeScene();
      scene.broker.topic('t');
      const q = await scene.connect();
      const startMs = scene.clock.monotonic();
      const sinceStart = (): number => scene.clock.monotonic() - startMs;
      scene.broker.faults = ({ api }) =>
        (api === 'METADATA' && sinceStart() <= 8_000) || api === 'PRODUCE' ? 'BROKER_BUSY' : 'none';
      const producer = q.producer({ deliveryTimeoutMs, lingerMs: 1_500 });
      const lives = new Map<string, number>();
      const send = async (value: string): Promise<void> => {
        const sentMs = sinceStart();
        await producer.send('t', { value }).catch(() => void lives.set(value, sinceStart() - sentMs));
      };
      const all = [send('first')];
      await scene.clock.advance(2_000);
      all.push(send('soon after'));
      // The topic is known after eight seconds; the first batch gathers for longer than a second then.
      await scene.clock.advance(waitMs - 2_000);
      all.push(send('much later'));
      await scene.settle(Promise.all(all));
      expect(lives.get('first')).toBeCloseTo(deliveryTimeoutMs, -2);
      // Both gathered in one batch, which is as old as the first of them.
      expect(lives.get('soon after')).toBeCloseTo(deliveryTimeoutMs - 2_000, -2);
      expect(lives.get('much later')).toBeCloseTo(deliveryTimeoutMs, -2);
      await scene.settle(q.close({ timeoutMs: 0 }));
    },
  );
});

import { encodeBatch } from '@q/protocol';

import type { Consumer } from '../../src/consumer/consumer.ts';
import type { Q } from '../../src/q.ts';
import { FakeScene } from '../fake/fake-scene.ts';

export interface Setup {
  readonly scene: FakeScene;
  readonly q: Q;
}

/** Partitions with batches of three records each; record n of a partition has the value `<partition>:<n>`. */
export async function setUp(o: { partitions?: number; batches?: number; valueBytes?: number } = {}): Promise<Setup> {
  const scene = new FakeScene();
  const fake = scene.broker.topic('t', { partitions: o.partitions ?? 1 });
  for (const partition of fake.logs.keys())
    fill(scene, { partition, batches: o.batches ?? 4, valueBytes: o.valueBytes ?? 0 });
  return { scene, q: await scene.connect() };
}

export function fill(scene: FakeScene, o: { partition: number; batches: number; valueBytes?: number }): void {
  const log = scene.broker.topics.get('t')?.logs[o.partition];
  for (let batch = 0; batch < o.batches; batch += 1) {
    const first = log?.endOffset ?? 0;
    const records = [0, 1, 2].map((index) => ({
      key: `k${first + index}`,
      value: `${o.partition}:${first + index}`.padEnd(o.valueBytes ?? 0, '.'),
      timestampMs: 1_000 * (first + index),
      headers: [{ key: 'h', value: Buffer.from('1') }],
    }));
    log?.append(encodeBatch(records));
  }
}

/** Reads until the loop ends or `count` messages came. */
export async function read(scene: FakeScene, consumer: Consumer, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { value } of consumer) {
      seen.push(String(value).replace(/\.+$/, ''));
      if (seen.length >= count) break;
    }
  })();
  await scene.settle(reading);
  return seen;
}

export function expected(partition: number, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${partition}:${from + index}`);
}

import { batchRecordsCount } from '@q/protocol';
import type { ProduceRequest } from '@q/protocol';

import type { Producer } from '../../src/producer/producer.ts';
import type { Q } from '../../src/q.ts';
import { FakeScene } from '../fake/fake-scene.ts';

export interface Setup {
  readonly scene: FakeScene;
  readonly q: Q;
  readonly producer: Producer;
  /** Values of one partition, as stored. */
  readonly values: (partition?: number) => (string | null)[];
  /** Records in each batch of each PRODUCE request, in order. */
  readonly batches: () => number[][];
}

export async function setUp(
  o: { partitions?: number; cleanupPolicy?: string; maxMessageBytes?: number } = {},
  options: Parameters<Q['producer']>[0] = {},
): Promise<Setup> {
  const scene = new FakeScene();
  scene.broker.topic('t', o);
  const q = await scene.connect();
  return {
    scene,
    q,
    producer: q.producer(options),
    values: (partition = 0) => scene.broker.topics.get('t')?.logs[partition]?.values() ?? [],
    batches: () =>
      scene.broker
        .requestsOf<ProduceRequest>('PRODUCE')
        .map(({ topics }) =>
          topics.flatMap(({ partitions }) => partitions.map(({ records }) => batchRecordsCount(records))),
        ),
  };
}

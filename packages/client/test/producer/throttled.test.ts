import type { ProduceRequest, ProduceResponse } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import type { ThrottledEvent } from '../../src/connect-options.ts';
import { FakeScene } from '../fake/fake-scene.ts';

/** As many values as make a batch each. */
const values = Array.from({ length: 12 }, (_, at) => Buffer.alloc(600, String(at % 10)));

describe('a producer whose broker holds its answers', () => {
  it('A3 has one request under way for as long as it is told of waits, and tells its program', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t', { partitions: 4 });
    const throttled: ThrottledEvent[] = [];
    const q = await scene.connect({ onThrottled: (event) => void throttled.push(event) });
    let underWay = 0;
    const seen: number[] = [];
    scene.broker.answerDelayMs = 50;
    const standard = scene.broker.handlers.get('PRODUCE');
    expect(standard).toBeUndefined();
    scene.broker.handlers.set('PRODUCE', ({ topics }: ProduceRequest): ProduceResponse => {
      underWay += 1;
      seen.push(underWay);
      scene.clock.schedule(49, () => (underWay -= 1));
      return {
        retryAfterMs: 0,
        throttleTimeMs: 50,
        topics: topics.map(({ topicId, partitions }) => ({
          topicId,
          partitions: partitions.map(({ partition }) => ({
            partition,
            errorCode: 0,
            errorMessage: null,
            baseOffset: seen.length,
            logAppendTimeMs: -1,
            logStartOffset: 0,
            duplicate: false,
            durability: 0,
          })),
        })),
      };
    });
    const producer = q.producer({ batchBytesMax: 700, maxInFlight: 5 });
    for (const round of [0, 1, 2])
      await scene.settle(
        Promise.all(values.map((value, at) => producer.send('t', { value, partition: (at + round) % 4 }))),
      );
    // Nobody has told it of waits before the first answer.
    const known = seen.slice(seen.indexOf(1, 1));
    expect(known.length).toBeGreaterThan(3);
    expect(Math.max(...known)).toBe(1);
    expect(throttled).toEqual(seen.map(() => ({ request: 'produce', throttledMs: 50 })));
  });
});

import type { MetadataResponse } from '@q/protocol';
import { errorCode, QError } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';

import { MetadataCache } from '../../src/cluster/metadata-cache.ts';
import { newerTopicMetadata, readTopicMetadata } from '../../src/cluster/topic-metadata.ts';
import type { TopicMetadata } from '../../src/cluster/topic-metadata.ts';

const topicId = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

function wireTopic(
  name: string,
  o: { id?: number; epochs?: readonly number[]; error?: 'UNKNOWN_TOPIC' } = {},
): MetadataResponse['topics'][number] {
  return {
    errorCode: o.error === undefined ? 0 : errorCode(o.error),
    errorMessage: null,
    name,
    topicId: topicId(o.id ?? 1),
    internal: false,
    cleanupPolicy: 'delete',
    maxMessageBytes: 1_000,
    partitions: (o.epochs ?? [0]).map((leaderEpoch, partition) => ({
      partition,
      errorCode: 0,
      leaderId: 1,
      leaderEpoch,
      replicas: [1],
      inSyncReplicas: [1],
    })),
  };
}

const known = (name: string, o?: Parameters<typeof wireTopic>[1]): TopicMetadata =>
  readTopicMetadata(wireTopic(name, o));

function cacheOf(answer: (topics: readonly string[]) => MetadataResponse['topics']): {
  cache: MetadataCache;
  asked: string[][];
  clock: ManualClock;
} {
  const clock = new ManualClock({ defer: 'manual' });
  const asked: string[][] = [];
  const ask = async (topics: readonly string[]): Promise<MetadataResponse> => {
    asked.push([...topics]);
    return { clusterId: 'c', brokers: [], topics: answer(topics) };
  };
  return { cache: new MetadataCache({ ask, clock, maxAgeMs: 1_000 }), asked, clock };
}

describe('newerTopicMetadata', () => {
  it('H1 keeps the newer leader epoch of each partition', () => {
    const merged = newerTopicMetadata(known('t', { epochs: [5, 1] }), known('t', { epochs: [4, 2, 0] }));
    expect(merged.partitions.map(({ leaderEpoch }) => leaderEpoch)).toEqual([5, 2, 0]);
  });

  it('H1 believes that partitions are never taken away', () => {
    expect(newerTopicMetadata(known('t', { epochs: [1, 1] }), known('t', { epochs: [2] })).partitions).toHaveLength(2);
  });

  it('H1 starts anew with a topic that was made anew', () => {
    expect(newerTopicMetadata(known('t', { epochs: [9, 9] }), known('t', { id: 2 })).partitions).toHaveLength(1);
  });
});

describe('readTopicMetadata', () => {
  it('W3 refuses what contradicts itself', () => {
    const topic = wireTopic('t', { epochs: [0, 0] });
    expect(() => readTopicMetadata({ ...topic, partitions: [...topic.partitions].reverse() })).toThrow(
      expect.objectContaining({ code: 'MALFORMED_FRAME' }),
    );
    expect(() => readTopicMetadata({ ...topic, partitions: [] })).toThrow(
      expect.objectContaining({ code: 'MALFORMED_FRAME' }),
    );
    expect(() => readTopicMetadata({ ...topic, maxMessageBytes: -1 })).toThrow(
      expect.objectContaining({ code: 'MALFORMED_FRAME' }),
    );
  });
});

describe('MetadataCache', () => {
  it('asks once for what many want, and for several topics at once', async () => {
    const { cache, asked, clock } = cacheOf((topics) => topics.map((name) => wireTopic(name)));
    const wanted = [cache.topic('a'), cache.topic('a'), cache.topic('b'), cache.refresh('b')];
    await clock.runDeferred();
    expect((await Promise.all(wanted)).map(({ name }) => name)).toEqual(['a', 'a', 'b', 'b']);
    expect(asked).toEqual([['a', 'b']]);
    await cache.topic('a');
    expect(asked).toHaveLength(1);
    const again = cache.refresh('a');
    await clock.runDeferred();
    await again;
    expect(asked).toEqual([['a', 'b'], ['a']]);
  });

  it('tells each topic what became of it', async () => {
    const { cache, clock } = cacheOf(() => [wireTopic('a'), wireTopic('b', { error: 'UNKNOWN_TOPIC' })]);
    const results = Promise.allSettled([cache.topic('a'), cache.topic('b'), cache.topic('c')]);
    await clock.runDeferred();
    expect(await results).toMatchObject([
      { status: 'fulfilled' },
      { reason: { code: 'UNKNOWN_TOPIC' } },
      { reason: { code: 'MALFORMED_FRAME' } },
    ]);
  });

  it('keeps watched topics fresh, and tells those who watch', async () => {
    let epoch = 0;
    const { cache, asked, clock } = cacheOf((topics) =>
      topics.map((name) => wireTopic(name, { epochs: [(epoch += 1)] })),
    );
    const seen: number[] = [];
    const unwatch = cache.watch('t', ({ partitions }) => seen.push(partitions[0]?.leaderEpoch ?? -1));
    await clock.advance(2_500);
    expect(seen).toEqual([1, 2]);
    unwatch();
    await clock.advance(5_000);
    expect([seen, asked.length, clock.pending]).toEqual([[1, 2], 2, 0]);
  });

  it('remembers a refresh that failed in the background', async () => {
    const clock = new ManualClock({ defer: 'manual' });
    const cache = new MetadataCache({
      ask: () => Promise.reject(new QError('NO_BROKER', 'none')),
      clock,
      maxAgeMs: 1_000,
    });
    cache.watch('t', () => {});
    await clock.advance(1_500);
    expect(cache.lastBackgroundError).toMatchObject({ code: 'NO_BROKER' });
  });

  it('fails whoever waits when it is closed', async () => {
    const { cache, clock } = cacheOf(() => []);
    const waiting = cache.topic('t');
    cache.watch('t', () => {});
    cache.close(new QError('CLOSED', 'closed'));
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(cache.refresh('t')).rejects.toMatchObject({ code: 'CLOSED' });
    await clock.runDeferred();
    expect(clock.pending).toBe(0);
  });
});

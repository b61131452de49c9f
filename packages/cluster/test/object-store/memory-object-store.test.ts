import { ManualClock, seededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { MemoryBucket } from '../../src/object-store/memory/memory-bucket.ts';
import { MemoryObjectStore } from '../../src/object-store/memory/memory-object-store.ts';
import { calmStore } from '../../src/object-store/memory/weather.ts';
import type { StoreWeather } from '../../src/object-store/memory/weather.ts';
import { objectStoreConformance } from './conformance.ts';

const call = { timeoutMs: 1_000 };

function bucketOf(weather: Partial<StoreWeather>, seed = 1): { bucket: MemoryBucket; clock: ManualClock } {
  const clock = new ManualClock();
  const random = seededRandom(seed);
  const bucket = new MemoryBucket({ clock, next: () => random.next(), weather: { ...calmStore, ...weather } });
  return { bucket, clock };
}

describe('a store in memory', () => {
  objectStoreConformance(() => {
    const { bucket, clock } = bucketOf({});
    return Promise.resolve(new MemoryObjectStore(bucket, { clock }));
  });
});

describe('the weather of a store in memory', () => {
  it('B7 loses requests: nothing is stored, and nobody knows', async () => {
    const { bucket, clock } = bucketOf({ requestsLost: 1 });
    const created = new MemoryObjectStore(bucket, { clock }).create('a', Buffer.from('x'), call);
    await clock.advance(1_000);
    expect(await created).toEqual({
      outcome: 'unknown',
      fault: { kind: 'timeout', message: 'no answer within 1000 ms' },
    });
    expect(bucket.names).toEqual([]);
  });

  it('B7 loses answers: it is stored, and nobody knows', async () => {
    const { bucket, clock } = bucketOf({ answersLost: 1 });
    const created = new MemoryObjectStore(bucket, { clock }).create('a', Buffer.from('x'), call);
    await clock.advance(1_000);
    expect(await created).toMatchObject({ outcome: 'unknown', fault: { kind: 'timeout' } });
    expect(bucket.names).toEqual(['a']);
  });

  it('B7 brings a request late, with the bytes of then, after its sender has stopped', async () => {
    const { bucket, clock } = bucketOf({ requestsLate: 1, lateMsMax: 100_000 }, 3);
    const store = new MemoryObjectStore(bucket, { clock });
    const body = Buffer.from('then');
    const created = store.create('a', body, call);
    await clock.advance(1_000);
    expect(await created).toMatchObject({ outcome: 'unknown' });
    body.fill('x');
    await store.close();
    expect(bucket.names).toEqual([]);
    await clock.advance(100_000);
    expect(bucket.peek('a')?.toString()).toBe('then');
  });

  it('B7 brings a request twice: what was deleted meanwhile is there again', async () => {
    const { bucket, clock } = bucketOf({ requestsDoubled: 1, lateMsMax: 10_000 });
    const store = new MemoryObjectStore(bucket, { clock });
    expect(await store.create('a', Buffer.from('x'), call)).toEqual({ outcome: 'created' });
    bucket.weather = calmStore;
    expect(await store.delete('a', call)).toEqual({ outcome: 'deleted' });
    await clock.advance(10_000);
    expect(bucket.names).toEqual(['a']);
  });

  it('B7 fails requests, of which it has done some', async () => {
    const { bucket, clock } = bucketOf({ failures: 1 });
    const store = new MemoryObjectStore(bucket, { clock });
    for (let n = 0; n < 40; n += 1)
      expect(await store.create(`n${n}`, Buffer.from('x'), call)).toMatchObject({ fault: { kind: 'server' } });
    expect(bucket.names.length).toBeGreaterThan(8);
    expect(bucket.names.length).toBeLessThan(32);
  });

  it('B7 lists without what it has', async () => {
    const { bucket, clock } = bucketOf({ listsStale: 1 });
    for (let n = 0; n < 40; n += 1) bucket.put(`n${n}`, Buffer.alloc(0));
    const listed = await new MemoryObjectStore(bucket, { clock }).list('', call);
    expect(listed.outcome === 'listed' && listed.names.length).toBeLessThan(32);
  });

  it('B7 cuts one process off, both ways or for answers only', async () => {
    const { bucket, clock } = bucketOf({});
    const [cut, other] = [new MemoryObjectStore(bucket, { clock }), new MemoryObjectStore(bucket, { clock })];
    cut.passage = 'closed';
    const lost = cut.create('a', Buffer.from('x'), call);
    expect(await other.get('a', call)).toEqual({ outcome: 'absent' });
    cut.passage = 'requests only';
    const unheard = cut.create('b', Buffer.from('x'), call);
    expect(await other.get('b', call)).toMatchObject({ outcome: 'found' });
    await clock.advance(1_000);
    expect([(await lost).outcome, (await unheard).outcome]).toEqual(['unknown', 'unknown']);
    cut.passage = 'open';
    expect(await cut.create('b', Buffer.from('x'), call)).toEqual({ outcome: 'taken' });
  });

  it('gives up when it is told to, and when it is closed', async () => {
    const { bucket, clock } = bucketOf({ requestsLost: 1 });
    const store = new MemoryObjectStore(bucket, { clock });
    const abort = new AbortController();
    const first = store.get('a', { ...call, signal: abort.signal });
    abort.abort();
    expect(await first).toMatchObject({ outcome: 'failed', fault: { kind: 'aborted' } });
    const second = store.create('a', Buffer.from('x'), call);
    await store.close();
    expect(await second).toMatchObject({ outcome: 'unknown', fault: { kind: 'aborted' } });
    expect(clock.pending).toBe(0);
  });

  it('B7 is the same for the same seed', async () => {
    const stormy = {
      wayMsMin: 1,
      wayMsMax: 50,
      requestsLost: 0.1,
      answersLost: 0.1,
      requestsDoubled: 0.1,
      requestsLate: 0.1,
      lateMsMax: 3_000,
      failures: 0.1,
      listsStale: 0.1,
    };
    const run = async (seed: number): Promise<string> => {
      const { bucket, clock } = bucketOf(stormy, seed);
      const store = new MemoryObjectStore(bucket, { clock });
      const trace: string[] = [];
      for (let n = 0; n < 200; n += 1) {
        void store
          .create(`n${n % 50}`, Buffer.from(String(n)), call)
          .then(({ outcome }) => trace.push(`${n} ${outcome}`));
        await clock.advance(20);
      }
      await clock.advance(10_000);
      return [...trace, ...bucket.names.map((name) => bucket.peek(name)!.toString())].join(' ');
    };
    expect(await run(7)).toBe(await run(7));
    expect(await run(7)).not.toBe(await run(8));
  });
});

import { describe, expect, it } from 'vitest';
import { ManualClock } from '@q/testkit';
import { LogMetadataStore } from '../../src/metadata/log-metadata-store.ts';
import type { MetadataChange } from '../../src/metadata/metadata-store.ts';
import { FakeLog } from '../fakes/fake-log.ts';

function setUp() {
  const log = new FakeLog();
  const clock = new ManualClock();
  return { log, open: () => LogMetadataStore.open(log, clock) };
}

describe('LogMetadataStore', () => {
  it('sets a key only in the version that the caller saw', async () => {
    const store = await setUp().open();
    const made = await store.compareAndSet({ key: 'a', expectedVersion: 0, value: '1' });
    expect(made).toEqual({ isSet: true, entry: { key: 'a', value: '1', version: 1 } });
    const late = await store.compareAndSet({ key: 'a', expectedVersion: 0, value: '2' });
    expect(late).toEqual({ isSet: false, entry: made.entry });
    const next = await store.compareAndSet({ key: 'a', expectedVersion: 1, value: '2' });
    expect(next.entry).toEqual({ key: 'a', value: '2', version: 2 });
    expect(await store.get('a')).toEqual(next.entry);
  });

  it('lets one of several callers win', async () => {
    const store = await setUp().open();
    const results = await Promise.all(
      ['x', 'y', 'z'].map((value) => store.compareAndSet({ key: 'a', expectedVersion: 0, value })),
    );
    expect(results.map((result) => result.isSet)).toEqual([true, false, false]);
  });

  it('shows nothing before it is durable', async () => {
    const { log, open } = setUp();
    const store = await open();
    const changes: MetadataChange[] = [];
    store.watch({ prefix: '', afterRevision: 0, listener: (change) => void changes.push(change) });
    log.holdsAppends = true;
    const change = store.compareAndSet({ key: 'a', expectedVersion: 0, value: '1' });
    await Promise.resolve();
    expect(await store.get('a')).toBeNull();
    expect(changes).toEqual([]);
    log.settle();
    await change;
    expect(changes).toEqual([{ kind: 'put', entry: { key: 'a', value: '1', version: 1 } }]);
  });

  it('rejects what could not be made durable, and goes on afterwards', async () => {
    const { log, open } = setUp();
    const store = await open();
    log.failNext = new Error('disk full');
    await expect(store.compareAndSet({ key: 'a', expectedVersion: 0, value: '1' })).rejects.toThrow('disk full');
    expect(await store.get('a')).toBeNull();
    expect((await store.compareAndSet({ key: 'a', expectedVersion: 0, value: '2' })).isSet).toBe(true);
  });

  it('reads back after a restart what was set and not removed, with its versions', async () => {
    const { open } = setUp();
    const first = await open();
    await first.compareAndSet({ key: 'topics/a', expectedVersion: 0, value: '1' });
    await first.compareAndSet({ key: 'topics/b', expectedVersion: 0, value: '1' });
    const b = await first.get('topics/b');
    await first.compareAndSet({ key: 'topics/b', expectedVersion: b!.version, value: null });
    await first.compareAndSet({ key: 'ids', expectedVersion: 0, value: '1000' });
    const second = await open();
    expect((await second.list('topics/')).entries).toEqual([{ key: 'topics/a', value: '1', version: 1 }]);
    expect(await second.get('ids')).toEqual(await first.get('ids'));
    expect((await second.compareAndSet({ key: 'topics/a', expectedVersion: 1, value: '2' })).entry!.version).toBe(5);
  });

  it('tells watchers of their prefix only, until they stop', async () => {
    const store = await setUp().open();
    const changes: MetadataChange[] = [];
    const stop = store.watch({ prefix: 'topics/', afterRevision: 0, listener: (change) => void changes.push(change) });
    await store.compareAndSet({ key: 'ids', expectedVersion: 0, value: '1' });
    const { entry } = await store.compareAndSet({ key: 'topics/a', expectedVersion: 0, value: '1' });
    await store.compareAndSet({ key: 'topics/a', expectedVersion: entry!.version, value: null });
    stop();
    await store.compareAndSet({ key: 'topics/a', expectedVersion: 0, value: '2' });
    expect(changes.map((change) => change.kind)).toEqual(['put', 'removed']);
  });

  it('lets a watcher go on where a list ended, also after a restart', async () => {
    const { open } = setUp();
    const first = await open();
    const set = async (key: string, value: string | null, expectedVersion = 0): Promise<number> =>
      (await first.compareAndSet({ key, expectedVersion, value })).entry?.version ?? -1;
    const b = await set('topics/b', '1');
    const { revision } = await first.list('topics/');
    expect(revision).toBe(1);
    const a = await set('topics/a', '1');
    await set('topics/b', null, b);
    await set('ids', '1');
    await set('topics/a', '2', a);
    for (const store of [first, await open()]) {
      const told: MetadataChange[] = [];
      store.watch({ prefix: 'topics/', afterRevision: revision, listener: (change) => void told.push(change) });
      // The first value of a is history: only the last change of each key is told, in the order of these.
      expect(told).toEqual([
        { kind: 'removed', key: 'topics/b', version: 3 },
        { kind: 'put', entry: { key: 'topics/a', value: '2', version: 5 } },
      ]);
      const later: MetadataChange[] = [];
      const { revision: now } = await store.list('');
      store.watch({ prefix: '', afterRevision: now, listener: (change) => void later.push(change) });
      expect(later).toEqual([]);
    }
  });
});

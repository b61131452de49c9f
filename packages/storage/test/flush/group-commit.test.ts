import { describe, expect, it } from 'vitest';
import type { AppendWaiter } from '../../src/ports/log-store.ts';
import { append, at, batch, contents, numbered } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

const logFiles = /\.log$/;

/** In which order promises were kept. */
function order(promises: Readonly<Record<string, Promise<void>>>): {
  readonly kept: string[];
  readonly all: Promise<void[]>;
} {
  const kept: string[] = [];
  const all = Promise.all(Object.entries(promises).map(([name, promise]) => promise.then(() => void kept.push(name))));
  return { kept, all };
}

describe('group commit', () => {
  it('Z3 makes one round of all that arrives in one turn of the event loop, over all logs', async () => {
    const under = await DiskUnderTest.start();
    const logs = [await under.open(), await under.open({}, 1), await under.open({}, 2)];
    for (const log of logs) await append(log, ['first']);
    const { rounds, writes, syncs, batches } = under.store.stats;
    const appends = [1, 2, 3, 4].flatMap(() => logs.map((log) => log.append(batch(['v']), { leaderEpoch: 0 })));
    await Promise.all(appends.map((each) => each.durable));
    expect(under.store.stats).toMatchObject({
      rounds: rounds + 1,
      writes: writes + 3,
      syncs: syncs + 3,
      batches: batches + 12,
    });
  });

  it('Z3 what arrives during a round forms the next one, which begins at once', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, ['first']);
    const { rounds } = under.store.stats;
    const hold = under.disk.hold('datasync', logFiles);
    const early = log.append(batch(['a']), { leaderEpoch: 0 });
    await hold.reached;
    const late = numbered(20).map((text) => log.append(batch([text]), { leaderEpoch: 0 }));
    hold.release();
    await Promise.all([early, ...late].map((each) => each.durable));
    expect(under.store.stats.rounds).toBe(rounds + 2);
    expect(await contents(log)).toEqual(['0:first', '1:a', ...at(2, numbered(20))]);
  });

  it('B2 tells everybody who waits, once: before the end, after it, and for a batch sent again', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    const told: string[] = [];
    const waiter = (name: string): AppendWaiter => ({
      kept: () => void told.push(name),
      failed: ({ code }) => void told.push(`${name} ${code}`),
    });
    const first = log.append(batch(['a'], { producerId: 9 }), { leaderEpoch: 0 });
    const again = log.append(batch(['a'], { producerId: 9 }), { leaderEpoch: 0 });
    first.whenSettled(waiter('one'));
    first.whenSettled(waiter('two'));
    again.whenSettled(waiter('again'));
    expect(told).toEqual([]);
    await first.durable;
    expect(told).toEqual(['one', 'two', 'again']);
    first.whenSettled(waiter('late'));
    log.append(batch(['a'], { producerId: 9 }), { leaderEpoch: 0 }).whenSettled(waiter('late, again'));
    expect(told.slice(3)).toEqual(['late', 'late, again']);
  });

  it('B2 tells everybody who waits, and whoever asks later, that a batch was not stored', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, ['first']);
    under.disk.fail({ operation: 'datasync', code: 'EIO', path: logFiles });
    const lost = log.append(batch(['a']), { leaderEpoch: 0 });
    const told: string[] = [];
    const waiter = (name: string): AppendWaiter => ({
      kept: () => void told.push(name),
      failed: ({ code }) => void told.push(`${name} ${code}`),
    });
    lost.whenSettled(waiter('one'));
    await expect(lost.durable).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    lost.whenSettled(waiter('late'));
    expect(told).toEqual(['one STORAGE_FAILED', 'late STORAGE_FAILED']);
    await expect(lost.durable).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it('B2 acknowledges after the sync, in the order of the appends, across logs', async () => {
    const under = await DiskUnderTest.start();
    const [log, other] = [await under.open(), await under.open({}, 1)];
    const hold = under.disk.hold('datasync', /orders-0\/.*\.log$/);
    const { kept, all } = order({
      a: log.append(batch(['a']), { leaderEpoch: 0 }).durable,
      b: other.append(batch(['b']), { leaderEpoch: 0 }).durable,
      c: log.append(batch(['c']), { leaderEpoch: 0 }).durable,
    });
    await hold.reached;
    await under.clock.runDeferred();
    expect([kept, log.highWatermark, other.highWatermark]).toEqual([[], 0, 0]);
    hold.release();
    await all;
    expect(kept).toEqual(['a', 'b', 'c']);
    expect([log.highWatermark, other.highWatermark]).toEqual([2, 1]);
  });

  it('Z3 bounds the bytes of a round, and takes at least one append', async () => {
    const under = await DiskUnderTest.start({ limits: { roundBytesMax: 1_000 } });
    const log = await under.open();
    const appends = ['x'.repeat(400), 'y'.repeat(400), 'z'.repeat(3_000), 'w'].map((text) =>
      log.append(batch([text]), { leaderEpoch: 0 }),
    );
    await Promise.all(appends.map((each) => each.durable));
    expect(under.store.stats).toMatchObject({ rounds: 3, batches: 4 });
    expect(await contents(log)).toHaveLength(4);
  });

  it('Z3 writes more buffers than one gathered write takes in several', async () => {
    const under = await DiskUnderTest.start({ limits: { writeBuffersMax: 4 }, tailCacheBytes: 0 });
    const log = await under.open();
    await Promise.all(numbered(10).map((text) => log.append(batch([text]), { leaderEpoch: 0 }).durable));
    expect(under.store.stats).toMatchObject({ rounds: 1, writes: 3 });
    expect(await contents(log)).toEqual(at(0, numbered(10)));
  });

  it('Z3 counts the bytes that wait, for back pressure', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    const hold = under.disk.hold('write', logFiles);
    const bytes = [batch(['a']), batch(['b'.repeat(500)])];
    const expected = bytes.reduce((sum, each) => sum + each.length, 0);
    const appends = bytes.map((each) => log.append(each, { leaderEpoch: 0 }));
    await hold.reached;
    expect(under.store.pendingBytes).toBe(expected);
    hold.release();
    await Promise.all(appends.map((each) => each.durable));
    expect(under.store.pendingBytes).toBe(0);
  });

  it('S2 syncs the folder of a new segment before it acknowledges what is in it', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open({ segmentBytes: 150 });
    for (const text of numbered(6)) await append(log, [text.padEnd(60)]);
    expect(log.segments).toBe(6);
    await under.crash('all');
    expect((await contents(await under.open())).map((text) => text.trimEnd())).toEqual(at(0, numbered(6)));
  });
});

describe('durability policies', () => {
  it('S2 interval acknowledges what is written, and syncs within syncIntervalMs', async () => {
    const under = await DiskUnderTest.start({ syncIntervalMs: 100 });
    const log = await under.open({ durability: 'interval' });
    await append(log, ['a']);
    await append(log, ['b']);
    expect(under.store.stats.syncs).toBe(0);
    await under.clock.advance(99);
    expect(under.store.stats.syncs).toBe(0);
    await under.clock.advance(1);
    expect(under.store.stats.syncs).toBe(1);
    await under.clock.advance(1_000);
    expect(under.store.stats.syncs).toBe(1);
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['0:a', '1:b']);
  });

  it('S2 os never syncs on the way of an append, but does on a clean shutdown', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open({ durability: 'os' });
    await append(log, ['a']);
    await under.clock.advance(10_000);
    expect(under.store.stats.syncs).toBe(0);
    await under.store.close();
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['0:a']);
  });

  it('S2 a log that turns to fsync syncs what it had left to the system as well', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open({ durability: 'os', segmentBytes: 300 });
    for (const text of numbered(10)) await append(log, [text]);
    log.updateConfig({ ...log.config, durability: 'fsync' });
    await append(log, ['synced']);
    await under.crash('all');
    expect(await contents(await under.open())).toEqual([...at(0, numbered(10)), '10:synced']);
  });

  it('B2 each log has the durability of its own choice, in one round', async () => {
    const under = await DiskUnderTest.start();
    const [safe, quick] = [await under.open(), await under.open({ durability: 'os' }, 1)];
    await Promise.all([safe, quick].map((log) => log.append(batch(['a']), { leaderEpoch: 0 }).durable));
    expect(under.store.stats).toMatchObject({ rounds: 1, writes: 2, syncs: 1 });
  });
});

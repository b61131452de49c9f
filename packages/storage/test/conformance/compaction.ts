import { describe, expect, it } from 'vitest';
import type { LogConfig, PartitionLog } from '@q/storage';
import { append, contents, StoreUnderTest } from './harness.ts';
import type { StoreKind } from './harness.ts';

const compact: Partial<LogConfig> = {
  cleanupPolicy: { delete: false, compact: true },
  segmentBytes: 300,
  indexIntervalBytes: 1,
  minCleanableDirtyRatio: 0,
  retentionMs: -1,
  fileDeleteDelayMs: 0,
};

/** Closes the segment that holds what was appended so far: compaction never touches the active one. */
async function roll(log: PartitionLog): Promise<void> {
  const { segments } = log;
  while (log.segments === segments) await append(log, ['filler='.padEnd(60, 'x')]);
}

/** The latest value of each key, as a reader that starts from the beginning builds it. */
async function table(log: PartitionLog): Promise<Record<string, string>> {
  const latest: Record<string, string> = {};
  for (const text of await contents(log)) {
    const [, key, value] = /^\d+:([^=]*)=(.*)$/s.exec(text) as unknown as [string, string, string];
    if (value === '') delete latest[key];
    else latest[key] = value;
  }
  delete latest['filler'];
  return latest;
}

export function compaction(kind: StoreKind): void {
  describe('compaction', () => {
    it('S4 keeps the latest value of each key at its own offset', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open(compact);
      for (let i = 0; i < 40; i++) await append(log, [`k${i % 4}=v${i}`]);
      await roll(log);
      const [bytes, segments] = [log.bytes, log.segments];
      const report = await under.store.maintain();
      expect(report).toMatchObject({ logsCompacted: 1, logsFailed: 0 });
      expect(report.bytesCompacted).toBe(bytes - log.bytes);
      expect([log.bytes < bytes / 2, log.segments < segments]).toEqual([true, true]);
      const kept = (await contents(log)).filter((text) => text.includes('k'));
      expect(kept).toEqual(['36:k0=v36', '37:k1=v37', '38:k2=v38', '39:k3=v39']);
      expect(under.store.bytes).toBe(log.bytes);
    });

    it('S4 reads from any offset after it, also from those that are gone', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open(compact);
      for (let i = 0; i < 30; i++) await append(log, [`k${i % 7}=v${i}`]);
      await roll(log);
      await under.store.maintain();
      const all = await contents(log);
      for (let from = 0; from <= log.logEndOffset; from++) {
        expect(await contents(log, { fromOffset: from, maxBytes: 100 })).toEqual(
          all.filter((text) => Number(text.split(':')[0]) >= from),
        );
      }
      expect(log.logStartOffset).toBe(0);
    });

    it('S4 finds times after it', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open(compact);
      for (let i = 0; i < 30; i++) await append(log, [`k${i % 7}=v${i}`], { timestampMs: 1_000 + i });
      await roll(log);
      await under.store.maintain();
      expect(await log.offsetForTimestamp(1_005)).toMatchObject({ offset: 23, timestampMs: 1_023 });
      expect(await log.offsetForTimestamp(1_027)).toMatchObject({ offset: 27, timestampMs: 1_027 });
    });

    it('S4 a tombstone deletes its key at once, and goes itself after delete.retention.ms', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open({ ...compact, deleteRetentionMs: 5_000 });
      await append(log, ['gone=1', 'stays=1']);
      await append(log, ['gone=']);
      await roll(log);
      await under.store.maintain();
      const seen = async (): Promise<string[]> => (await contents(log)).filter((text) => !text.includes('filler'));
      expect(await seen()).toEqual(['1:stays=1', '2:gone=']);
      await under.clock.advance(4_999);
      await under.store.maintain();
      expect(await seen()).toEqual(['1:stays=1', '2:gone=']);
      await under.clock.advance(1);
      await under.store.maintain();
      expect(await seen()).toEqual(['1:stays=1']);
    });

    it('S4 waits for the dirty ratio and for min.compaction.lag', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open({ ...compact, minCompactionLagMs: 1_000, minCleanableDirtyRatio: 0.9 });
      const write = async (rounds: number): Promise<void> => {
        for (let i = 0; i < rounds; i++) await append(log, [`k${i}=v${i}`], { timestampMs: under.clock.now() });
        for (let i = 0; i < 4; i++) await append(log, ['filler='.padEnd(200, 'x')], { timestampMs: under.clock.now() });
      };
      await write(20);
      const compacted = async (): Promise<number> => (await under.store.maintain()).logsCompacted;
      expect(await compacted()).toBe(0);
      await under.clock.advance(1_001);
      expect(await compacted()).toBe(1);
      expect(await compacted()).toBe(0);
      await write(2);
      await under.clock.advance(1_001);
      expect(await compacted()).toBe(0);
      log.updateConfig({ ...log.config, minCleanableDirtyRatio: 0.1 });
      expect(await compacted()).toBe(1);
    });

    it('S4 takes several passes when the keys do not fit the map', async () => {
      await using under = await StoreUnderTest.start(kind, {
        tailCacheBytes: 0,
        limits: { compactionMapBytesMax: 500 },
      });
      const log = await under.open(compact);
      for (let i = 0; i < 60; i++) await append(log, [`key-${i % 20}=v${i}`]);
      await roll(log);
      const before = await table(log);
      await under.store.maintain();
      expect(await table(log)).toEqual(before);
      expect((await contents(log)).filter((text) => text.includes('key-'))).toHaveLength(20);
    });

    it('S4 P4 keeps the sequence of a producer whose records are all gone', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open(compact);
      for (let i = 0; i < 3; i++) await append(log, [`k=v${i}`], { producerId: 5, baseSequence: i });
      await append(log, ['k=last']);
      await roll(log);
      await under.store.maintain();
      expect((await contents(log))[0]).toBe('3:k=last');
      if (under.place.keeps) await under.restart();
      const again = await under.open(compact);
      expect(await append(again, ['k=v2'], { producerId: 5, baseSequence: 2 })).toMatchObject({
        duplicate: true,
        baseOffset: 2,
      });
      expect(await append(again, ['k=v3'], { producerId: 5, baseSequence: 3 })).toMatchObject({ duplicate: false });
    });

    it('S4 compacts and deletes when both are asked for', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open({ ...compact, cleanupPolicy: { delete: true, compact: true }, retentionMs: 10_000 });
      await append(log, ['old=1'], { timestampMs: under.clock.now() });
      await roll(log);
      await under.store.maintain();
      expect(await table(log)).toEqual({ old: '1' });
      await under.clock.advance(10_001);
      await append(log, ['new=1'], { timestampMs: under.clock.now() });
      await under.store.maintain();
      expect(await table(log)).toEqual({ new: '1' });
    });

    it('S4 lets readers and writers go on meanwhile', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open(compact);
      for (let i = 0; i < 60; i++) await append(log, [`k${i % 6}=v${i}`]);
      await roll(log);
      let isDone = false;
      const maintaining = under.store.maintain().finally(() => void (isDone = true));
      let next = 60;
      do {
        expect((await table(log))['k5']).toMatch(/^v\d+$/);
        await append(log, [`k0=v${next}`]);
        next += 1;
      } while (!isDone);
      await maintaining;
      expect(await table(log)).toEqual({ k0: `v${next - 1}`, k1: 'v55', k2: 'v56', k3: 'v57', k4: 'v58', k5: 'v59' });
    });
  });
}

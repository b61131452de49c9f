import { defaultLogConfig, openDirectoryStore } from '@q/storage';
import type { LogConfig, LogStore, PartitionLog } from '@q/storage';
import { FaultyFileSystem, ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { append, batch, contents, orders } from './conformance/harness.ts';
import { crashAtEveryStep } from './crash-points.ts';
import { tinyJournal } from './fixtures.ts';

const small: LogConfig = {
  ...defaultLogConfig,
  segmentBytes: 3_000,
  indexIntervalBytes: 100,
  fileDeleteDelayMs: 0,
  retentionMs: -1,
};

interface SentBatch {
  readonly producerId: number;
  readonly baseSequence: number;
  readonly texts: readonly string[];
  baseOffset: number;
  isAcknowledged: boolean;
}

interface Sends {
  readonly batches: SentBatch[];
  /** What was asked to be deleted lies below. */
  deletedBelow: number;
}

const noSends = (): Sends => ({ batches: [], deletedBelow: 0 });

/** Long enough that a batch spans sectors, of which a crash may take any. */
function textOf(producerId: number, sequence: number): string {
  return `p${producerId}-${sequence}-`.padEnd(50 + ((sequence * 197 + producerId * 71) % 700), '.');
}

/** Sends from two producers, in groups that share a round. */
async function send(log: PartitionLog, facts: Sends, groups: number): Promise<void> {
  for (let group = 0; group < groups; group++) {
    const waiting: Promise<void>[] = [];
    for (const producerId of [1, 2]) {
      const sent = facts.batches.filter((each) => each.producerId === producerId);
      const baseSequence = sent.reduce((sum, each) => sum + each.texts.length, 0);
      const texts = Array.from({ length: 1 + ((sent.length + producerId) % 3) }, (_, index) =>
        textOf(producerId, baseSequence + index),
      );
      const note: SentBatch = { producerId, baseSequence, texts, baseOffset: log.logEndOffset, isAcknowledged: false };
      facts.batches.push(note);
      const appended = log.append(
        batch(texts, { producerId, baseSequence, timestampMs: 1_000 + facts.batches.length }),
        { leaderEpoch: 0 },
      );
      waiting.push(appended.durable.then(() => void (note.isAcknowledged = true)));
    }
    await Promise.all(waiting);
  }
}

/** Nothing acknowledged is lost, nothing is there twice, nothing is there that was not sent, and all of it in order. */
async function checkSends(log: PartitionLog, facts: Sends): Promise<void> {
  expect(log.state).toBe('open');
  const found = await contents(log);
  const sent = new Map(
    facts.batches.flatMap((each) => each.texts.map((text, index) => [each.baseOffset + index, text] as const)),
  );
  for (const entry of found) {
    const [offset, text] = entry.split(':') as [string, string];
    expect(sent.get(Number(offset))).toBe(text);
  }
  const offsets = found.map((entry) => Number(entry.split(':')[0]));
  expect(offsets).toEqual(offsets.map((_, index) => (offsets[0] ?? 0) + index));
  expect(log.logStartOffset).toBeLessThanOrEqual(facts.deletedBelow);
  const present = new Set(found);
  for (const each of facts.batches.filter((sentBatch) => sentBatch.isAcknowledged)) {
    for (const [index, text] of each.texts.entries()) {
      const offset = each.baseOffset + index;
      if (offset >= facts.deletedBelow) expect(present).toContain(`${offset}:${text}`);
    }
  }
}

/**
 * What a producer does after the crash: it sends again all that was not acknowledged, and the last that was, and goes
 * on.
 */
async function resend(log: PartitionLog, facts: Sends): Promise<void> {
  for (const producerId of [1, 2]) {
    const all = facts.batches.filter((each) => each.producerId === producerId);
    const firstUnknown = all.findIndex((each) => !each.isAcknowledged);
    const from = firstUnknown < 0 ? all.length - 1 : Math.max(0, firstUnknown - 1);
    for (const each of all.slice(Math.max(0, from))) {
      const appended = await append(log, each.texts, { producerId, baseSequence: each.baseSequence });
      if (each.isAcknowledged) expect(appended).toMatchObject({ duplicate: true, baseOffset: each.baseOffset });
    }
  }
  const texts = (await contents(log)).map((entry) => entry.split(':')[1] as string);
  expect(new Set(texts).size).toBe(texts.length);
}

/** What was sent for each key, in order, and how many of them were acknowledged. */
type Values = Map<string, { sent: string[]; acknowledged: number }>;

const compacted: LogConfig = {
  ...small,
  segmentBytes: 300,
  cleanupPolicy: { delete: false, compact: true },
  minCleanableDirtyRatio: 0,
  deleteRetentionMs: 0,
};

async function setValues(log: PartitionLog, facts: Values, o: { from: number; to: number }): Promise<void> {
  for (let i = o.from; i < o.to; i++) {
    // Some keys are never set again: their values stay where they were first written.
    const key = i % 4 === 1 ? `once${i}` : `k${i % 5}`;
    const value = i % 11 === 10 ? '' : `v${i}`.padEnd(20 + ((i * 37) % 60), '.');
    const note = facts.get(key) ?? { sent: [], acknowledged: 0 };
    facts.set(key, note);
    note.sent.push(value);
    await append(log, [`${key}=${value}`]);
    note.acknowledged = note.sent.length;
  }
}

async function checkValues(log: PartitionLog, facts: Values): Promise<void> {
  expect(log.state).toBe('open');
  const table = new Map<string, string>();
  for (const entry of await contents(log)) {
    const [, key, value] = /^\d+:(\w+)=(.*)$/.exec(entry) as unknown as [string, string, string];
    table.set(key, value);
  }
  for (const [key, { sent, acknowledged }] of facts) {
    const allowed = acknowledged === 0 ? ['', ...sent] : sent.slice(acknowledged - 1);
    expect(allowed).toContain(table.get(key) ?? '');
  }
}

async function openLog(store: LogStore, config: LogConfig = small): Promise<PartitionLog> {
  return store.open(orders, config);
}

const journals = [
  ['each segment synced', { journalFiles: 0 }],
  ['a journal', tinyJournal],
] as const;

describe.each(journals)('a crash at every step, with %s', (_, limits) => {
  it(
    'S2 P4 loses nothing acknowledged, brings nothing back, and stores a resent batch once',
    { timeout: 60_000 },
    async () => {
      const steps = await crashAtEveryStep<Sends>({
        options: { limits },
        facts: noSends,
        run: async (store, facts) => send(await openLog(store), facts, 12),
        check: async (store, facts) => {
          const log = await openLog(store);
          await checkSends(log, facts);
          await resend(log, facts);
        },
      });
      expect(steps).toBeGreaterThan(40);
    },
  );

  it(
    'P4 knows every acknowledged message id again, of records with old timestamps, trimmed or not',
    { timeout: 60_000 },
    async () => {
      const config = { ...small, segmentBytes: 600, dedupWindowMs: 60_000 };
      const steps = await crashAtEveryStep<{ acknowledged: string[] }>({
        options: { limits: { ...limits, checkpointBytes: 300 } },
        stride: 2,
        facts: () => ({ acknowledged: [] }),
        run: async (store, { acknowledged }) => {
          const log = await openLog(store, config);
          for (let number = 0; number < 24; number += 1) {
            await append(log, [`m${number}:v`], { timestampMs: 5 });
            acknowledged.push(`m${number}`);
            if (number % 7 === 3) await store.maintain();
            if (number % 9 === 8) await log.deleteBefore(number - 2);
          }
        },
        check: async (store, { acknowledged }) => {
          const log = await openLog(store, config);
          for (const [offset, id] of acknowledged.entries())
            expect(await append(log, [`${id}:again`])).toMatchObject({ duplicate: true, baseOffset: offset });
        },
      });
      expect(steps).toBeGreaterThan(40);
    },
  );

  it('S2 survives a crash in the life after a crash', { timeout: 60_000 }, async () => {
    const steps = await crashAtEveryStep<Sends>({
      options: { limits },
      stride: 3,
      facts: noSends,
      run: async (store, facts) => {
        await send(await openLog(store), facts, 3);
        await store.close();
      },
      check: async (store, facts) => {
        const log = await openLog(store);
        await resend(log, facts);
        await store.maintain();
      },
    });
    expect(steps).toBeGreaterThan(20);
  });

  it('S2 S4 loses nothing while retention and deleteBefore remove segments', { timeout: 60_000 }, async () => {
    const steps = await crashAtEveryStep<Sends>({
      options: { limits },
      stride: 2,
      facts: noSends,
      run: async (store, facts, clock) => {
        const log = await openLog(store);
        await send(log, facts, 6);
        facts.deletedBelow = 9;
        await log.deleteBefore(9);
        await send(log, facts, 4);
        facts.deletedBelow = log.highWatermark - 1;
        log.updateConfig({ ...small, retentionBytes: 2_000 });
        await store.maintain();
        await clock.advance(1);
        await store.maintain();
        await send(log, facts, 3);
      },
      check: async (store, facts) => {
        const log = await openLog(store);
        await checkSends(log, facts);
        await resend(log, facts);
      },
    });
    expect(steps).toBeGreaterThan(20);
  });

  it('S2 S4 compaction keeps the latest acknowledged value of every key', { timeout: 120_000 }, async () => {
    const steps = await crashAtEveryStep<Values>({
      options: { limits },
      seeds: 4,
      facts: () => new Map(),
      prepare: async (store, facts, clock) => {
        const log = await store.open(orders, compacted);
        await setValues(log, facts, { from: 0, to: 18 });
        await store.maintain();
        await setValues(log, facts, { from: 18, to: 30 });
        await clock.advance(1);
      },
      run: async (store, facts) => {
        const log = await store.open(orders, compacted);
        await store.maintain();
        await setValues(log, facts, { from: 30, to: 32 });
      },
      check: async (store, facts) => {
        const log = await store.open(orders, compacted);
        await checkValues(log, facts);
        await store.maintain();
        await checkValues(log, facts);
        await append(log, ['k0=after']);
      },
    });
    expect(steps).toBeGreaterThan(20);
  });

  it('S2 checkpoints promise nothing that a crash can take away', { timeout: 60_000 }, async () => {
    const steps = await crashAtEveryStep<Sends>({
      options: { limits: { ...limits, checkpointBytes: 1 } },
      facts: noSends,
      run: async (store, facts) => {
        const log = await openLog(store);
        for (let round = 0; round < 4; round++) {
          await send(log, facts, 2);
          await store.maintain();
        }
      },
      check: async (store, facts) => {
        const log = await openLog(store);
        await checkSends(log, facts);
        await resend(log, facts);
      },
    });
    expect(steps).toBeGreaterThan(40);
  });

  it.each(['os', 'interval'] as const)(
    'S2 under %s leaves a beginning of what was sent, and serves it',
    { timeout: 60_000 },
    async (durability) => {
      const config: LogConfig = { ...small, durability };
      const steps = await crashAtEveryStep<Sends>({
        options: { limits: { ...limits, checkpointBytes: 1 } },
        facts: noSends,
        run: async (store, facts, clock) => {
          const log = await openLog(store, config);
          for (let round = 0; round < 4; round++) {
            await send(log, facts, 2);
            if (round % 2 === 1) await store.maintain();
            await clock.advance(60);
          }
        },
        check: async (store, facts) => {
          const log = await openLog(store, config);
          // What was not synced may be lost, acknowledged or not; what is left has no hole and nothing foreign.
          for (const each of facts.batches) each.isAcknowledged = false;
          await checkSends(log, facts);
          expect(log.logStartOffset).toBe(0);
          await append(log, ['after']);
        },
      });
      expect(steps).toBeGreaterThan(20);
    },
  );

  it('S2 the data folder itself survives, with those above it that had to be made', async () => {
    const clock = new ManualClock();
    const disk = new FaultyFileSystem();
    const directory = '/var/lib/q/data';
    const onFatal = (): void => {};
    const store = await openDirectoryStore({ directory, fileSystem: disk, clock, onFatal });
    await append(await store.open(orders, small), ['kept']);
    const again = await openDirectoryStore({ directory, fileSystem: await disk.crash('all'), clock, onFatal });
    expect(await contents(await again.open(orders, small))).toEqual(['0:kept']);
    await again.close();
  });

  it('S2 the data folder survives also where the first attempt to make it could not make it durable', async () => {
    const clock = new ManualClock();
    const disk = new FaultyFileSystem();
    const options = { directory: '/var/lib/q/data', fileSystem: disk, clock, onFatal: (): void => {} };
    disk.fail({ operation: 'syncDirectory', code: 'EIO' });
    await expect(openDirectoryStore(options)).rejects.toMatchObject({ code: 'EIO' });
    await append(await (await openDirectoryStore(options)).open(orders, small), ['kept']);
    const again = await openDirectoryStore({ ...options, fileSystem: await disk.crash('all') });
    expect(await contents(await again.open(orders, small))).toEqual(['0:kept']);
    await again.close();
  });

  it('T1 S2 a deleted log does not come back, and the others stay', { timeout: 60_000 }, async () => {
    const steps = await crashAtEveryStep<Sends & { deleted: boolean }>({
      options: { limits },
      facts: () => ({ ...noSends(), deleted: false }),
      run: async (store, facts) => {
        const doomed = await store.open({ ...orders, partition: 1 }, small);
        const log = await openLog(store);
        await send(log, facts, 2);
        await append(doomed, ['x']);
        await store.delete(doomed.id);
        facts.deleted = true;
        await send(log, facts, 1);
      },
      check: async (store, facts) => {
        const partitions = (await store.list()).map((id) => id.partition);
        if (facts.deleted) expect(partitions).not.toContain(1);
        await checkSends(await openLog(store), facts);
      },
    });
    expect(steps).toBeGreaterThan(20);
  });
});

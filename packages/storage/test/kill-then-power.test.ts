import { defaultLogConfig, openDirectoryStore } from '@q/storage';
import type { LogConfig, LogStore, StorageLimits } from '@q/storage';
import { FaultyFileSystem, ManualClock, seededRandom } from '@q/testkit';
import { expect, it } from 'vitest';
import { append, contents, orders } from './conformance/harness.ts';
import { DiskUnderTest, tinyJournal } from './fixtures.ts';

/*
 * The process is killed at every step, another goes on with what it finds, and then the power fails. What the first
 * process made and did not sync, the second one sees, and must not take for durable.
 */
const config: LogConfig = { ...defaultLogConfig, segmentBytes: 200, fileDeleteDelayMs: 0 };

function open(
  fileSystem: FaultyFileSystem,
  clock: ManualClock,
  limits: Partial<StorageLimits> = {},
): Promise<LogStore> {
  const onFatal = (error: Error): never => {
    throw error;
  };
  return openDirectoryStore({
    directory: '/srv/q/data',
    fileSystem,
    clock,
    onFatal,
    limits: { ...limits, checkpointBytes: 1 },
  });
}

/** Appends until it is stopped. `acknowledged` holds the values by offset. */
async function live(
  store: LogStore,
  acknowledged: Map<number, string>,
  o: { from: number; trim: boolean },
): Promise<void> {
  const log = await store.open(orders, config);
  for (let value = o.from; value < o.from + 8; value += 1) {
    const { baseOffset } = await append(log, [`v${value}`]);
    acknowledged.set(baseOffset, `v${value}`);
    if (value % 3 === 2) await store.maintain();
    if (o.trim && value % 4 === 3) await log.deleteBefore(baseOffset);
  }
  await store.close();
}

async function lives(o: {
  step: number;
  seed: number;
  loss: 'all' | 'some';
  limits: Partial<StorageLimits>;
}): Promise<boolean> {
  const clock = new ManualClock();
  const disk = new FaultyFileSystem({ random: seededRandom(o.seed), clock });
  const acknowledged = new Map<number, string>();
  disk.stopAfter(o.step);
  const first = open(disk, clock, o.limits).then((store) => live(store, acknowledged, { from: 0, trim: true }));
  const isOver = await Promise.race([first.then(() => true), disk.stopped.then(() => false)]);
  const next = disk.killProcess();
  // It stays where it is after its last acknowledgement, and the power fails.
  const second = await open(next, clock, o.limits);
  const log = await second.open(orders, config);
  const { baseOffset } = await append(log, ['after']);
  acknowledged.set(baseOffset, 'after');
  const third = await open(await next.crash(o.loss), clock, o.limits);
  const found = await third.open(orders, config);
  const where = JSON.stringify(o);
  expect(found.describe().damage, where).toBeNull();
  const seen = await contents(found);
  const expected = [...acknowledged]
    .filter(([offset]) => offset >= found.logStartOffset)
    .map(([offset, value]) => `${offset}:${value}`);
  expect(seen, where).toEqual(expect.arrayContaining(expected));
  await third.close();
  return isOver;
}

it.each([{ journalFiles: 0 }, tinyJournal])(
  'S2 a power cut behind a killed process takes nothing that was acknowledged, wherever it was killed: %o',
  async (limits) => {
    let step = 0;
    for (let isOver = false; !isOver; step += 1) {
      isOver = await lives({ step, seed: step, loss: 'all', limits });
      for (let seed = 0; seed < 4; seed += 1) await lives({ step, seed: step * 10 + seed, loss: 'some', limits });
    }
    expect(step).toBeGreaterThan(60);
  },
  60_000,
);

it('S2 T1 the offsets of a deleted log are not taken for those of the next one of its name', async () => {
  const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1 } });
  const old = await under.open();
  await append(old, ['a', 'b', 'c']);
  await old.deleteBefore(2);
  await under.store.maintain();
  await under.store.delete(old.id);
  const id = { ...orders, topicId: '00000000-0000-4000-8000-00000000000b' };
  await append(await under.store.open(id, config), ['new']);
  await under.crash('all');
  const found = await under.store.open(id, config);
  expect([await contents(found), found.describe().damage]).toEqual([['0:new'], null]);
});

it('S2 T1 nor when the power fails before the old offsets are forgotten', async () => {
  for (let step = 0, isOver = false; !isOver; step += 1) {
    const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1 } });
    const old = await under.open();
    await append(old, ['a', 'b', 'c']);
    await old.deleteBefore(2);
    await under.store.maintain();
    const id = { ...orders, topicId: '00000000-0000-4000-8000-00000000000b' };
    under.disk.stopAfter(step);
    const making = under.store.delete(old.id).then(() => under.store.open(id, config));
    isOver = await Promise.race([making.then(() => true), under.disk.stopped.then(() => false)]);
    await under.crash('some');
    if ((await under.store.list()).some(({ topicId }) => topicId === orders.topicId)) await under.store.delete(orders);
    await append(await under.store.open(id, config), ['new']);
    await under.crash('all');
    const found = await under.store.open(id, config);
    expect([step, await contents(found), found.describe().damage]).toEqual([step, ['0:new'], null]);
  }
});

/**
 * The first process is killed while it makes the log's folder, and the power fails while the second one writes to it.
 */
async function claims(o: {
  killedAt: number;
  cutAt: number;
  seed: number;
}): Promise<{ isFirstOver: boolean; isSecondOver: boolean }> {
  const clock = new ManualClock();
  const disk = new FaultyFileSystem({ random: seededRandom(o.seed), clock });
  disk.stopAfter(o.killedAt);
  const first = open(disk, clock).then((store) => store.open(orders, config));
  const isFirstOver = await Promise.race([first.then(() => true), disk.stopped.then(() => false)]);
  const next = disk.killProcess();
  next.stopAfter(o.cutAt);
  const second = open(next, clock).then(async (store) => await append(await store.open(orders, config), ['a']));
  const isSecondOver = await Promise.race([second.then(() => true), next.stopped.then(() => false)]);
  const third = await open(await next.crash('some'), clock);
  const found = await third.open(orders, config);
  expect([found.describe().damage, found.logEndOffset >= Number(isSecondOver)], JSON.stringify(o)).toEqual([
    null,
    true,
  ]);
  await third.close();
  return { isFirstOver, isSecondOver };
}

it('S2 T1 a power cut behind a killed process leaves no folder of which nobody knows whose it is', async () => {
  let killedAt = 0;
  for (let isFirstOver = false; !isFirstOver; killedAt += 1) {
    for (let cutAt = 0, isSecondOver = false; !isSecondOver; cutAt += 1) {
      for (let seed = 0; seed < 8; seed += 1)
        ({ isFirstOver, isSecondOver } = await claims({ killedAt, cutAt, seed: seed + 1 }));
    }
  }
  expect(killedAt).toBeGreaterThan(8);
}, 60_000);

import { planRepair, repairPartition, walkPartition, findStoredPartitions } from '@q/storage';
import type { PartitionLog } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { append, at, contents, errorWith, numbered } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

const directory = '/data/orders-0';
const file = (offset: number): string => `${directory}/${String(offset).padStart(20, '0')}.log`;
const config = { segmentBytes: 250 };

/** Four segments of two batches of five records, left in order. */
async function leftInOrder(): Promise<DiskUnderTest> {
  const under = await DiskUnderTest.start();
  const log = await under.open(config);
  for (let round = 0; round < 8; round += 1) await append(log, numbered(5, round * 5));
  await under.store.close();
  return under;
}

/** The log of a next start, and how that start was ended. */
async function opened(under: DiskUnderTest, use: (log: PartitionLog) => Promise<void>): Promise<void> {
  await under.reopen();
  await use(await under.open(config));
  await under.store.close();
}

async function flip(under: DiskUnderTest, path: string, position: number): Promise<void> {
  await under.disk.damage(path, (bytes) => {
    bytes[position]! ^= 1;
    return bytes;
  });
}

async function damagesIn(under: DiskUnderTest): Promise<number> {
  const [partition] = await findStoredPartitions(under.disk, directory);
  const walk = walkPartition(under.disk, partition!);
  for (;;) {
    const step = await walk.next();
    if (step.done === true) return step.value.damages;
  }
}

/** All but those of some offsets. */
const without = (from: number, to: number): string[] =>
  at(0, numbered(40)).filter((_, offset) => offset < from || offset >= to);

describe('a repair', () => {
  it.each([
    ['a batch amid a segment', async (under: DiskUnderTest) => flip(under, file(10), 70), 10, 15],
    ['a batch at the end of a segment', async (under: DiskUnderTest) => flip(under, file(10), 180), 15, 20],
    ['the last batch of all', async (under: DiskUnderTest) => flip(under, file(30), 180), 35, 40],
    ['a segment that is missing', async (under: DiskUnderTest) => under.disk.removeFile(file(20)), 20, 30],
    ['the last segment, which is missing', async (under: DiskUnderTest) => under.disk.removeFile(file(30)), 30, 40],
    [
      'a file that is cut off',
      async (under: DiskUnderTest) => under.disk.damage(file(10), (bytes) => bytes.subarray(0, 150)),
      15,
      20,
    ],
  ])('Q2: loses the records of %s and no other, and gives no offset out twice', async (_what, damage, from, to) => {
    const under = await leftInOrder();
    await damage(under);
    const plan = await planRepair(under.disk, directory);
    expect(plan.losses.map(({ fromOffset, toOffset }) => [fromOffset, toOffset])).toEqual([[from, to]]);
    expect(plan.records).toBe(40 - (to - from));
    await repairPartition(under.disk, directory);
    expect(await damagesIn(under)).toBe(0);
    await opened(under, async (log) => {
      expect(log.state).toBe('open');
      expect(await contents(log)).toEqual(without(from, to));
      expect((await append(log, ['next'])).baseOffset).toBe(40);
    });
    // And once more: what the repair wrote is as good as what was there.
    await opened(under, async (log) => expect(await contents(log)).toEqual([...without(from, to), '40:next']));
    expect(under.fatal).toEqual([]);
  });

  it('Q2: plans without changing anything, and keeps what it takes out', async () => {
    const under = await leftInOrder();
    const before = await under.disk.readFile(file(10));
    await flip(under, file(10), 70);
    const damaged = await under.disk.readFile(file(10));
    const names = await under.disk.readDirectory(directory);
    const plan = await planRepair(under.disk, directory);
    expect(await under.disk.readDirectory(directory)).toEqual(names);
    expect(plan.aside).toEqual([`${file(10)}.0.aside`]);
    await repairPartition(under.disk, directory);
    expect(await under.disk.readFile(plan.aside[0]!)).toEqual(damaged);
    expect(await under.disk.readFile(file(10))).not.toEqual(before);
    await flip(under, file(10), 30);
    await expect(repairPartition(under.disk, directory)).rejects.toEqual(errorWith('UNKNOWN_LOG'));
  });

  it('Q2: has nothing to do where nothing is damaged', async () => {
    const under = await leftInOrder();
    expect((await repairPartition(under.disk, directory)).losses).toEqual([]);
    await opened(under, async (log) => expect(await contents(log)).toEqual(at(0, numbered(40))));
  });

  it('Q2: refuses a folder that a broker has, one that was left by a crash, and what is no partition', async () => {
    const under = await leftInOrder();
    await under.reopen();
    await expect(repairPartition(under.disk, directory)).rejects.toEqual(errorWith('STORAGE_LOCKED'));
    const log = await under.open(config);
    await append(log, ['in the journal']);
    under.disk = under.disk.killProcess();
    await expect(repairPartition(under.disk, directory)).rejects.toThrow('start a broker on it and stop it');
    await expect(planRepair(under.disk, '/data')).rejects.toEqual(errorWith('UNKNOWN_LOG'));
    await expect(planRepair(under.disk, file(0))).rejects.toEqual(errorWith('UNKNOWN_LOG'));
  });

  it('Q2: that is cut off at any step can be made again, and loses no more', async () => {
    let isDone = false;
    for (let step = 0; !isDone; step += 1) {
      const under = await leftInOrder();
      await flip(under, file(10), 70);
      under.disk.stopAfter(step);
      const repairing = repairPartition(under.disk, directory).then(() => true);
      isDone = await Promise.race([repairing, under.disk.stopped.then(() => false)]);
      under.disk = await under.disk.crash(step % 2 === 0 ? 'all' : 'none');
      const plan = await planRepair(under.disk, directory);
      for (const aside of plan.aside) await under.disk.removeFile(aside).catch(() => undefined);
      await repairPartition(under.disk, directory);
      await opened(under, async (log) => expect(await contents(log), `step ${step}`).toEqual(without(10, 15)));
    }
  });
});

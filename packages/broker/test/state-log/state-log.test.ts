import { GroupImage, encodeGroupRecord } from '@q/coordinator';
import type { GroupRecord } from '@q/coordinator';
import { batchRecordsCount, encodeBatch } from '@q/protocol';
import { StorageError } from '@q/storage';
import type { Append, AppendWaiter } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { groupRecords } from '../../src/services/groups/group-records.ts';
import { StateLog } from '../../src/state-log/state-log.ts';
import { replayGroups } from '../../src/services/groups/groups-replay.ts';
import { silentLogger } from '../../src/logger.ts';
import { FakeLog } from '../fakes/fake-log.ts';

const topicId = '00000000-0000-4000-8000-0000000000aa';

function offset(groupId: string, partition: number, value: number, metadata: string | null = null): GroupRecord {
  const committed = { offset: value, leaderEpoch: 0, metadata, committedAtMs: 1, progressedAtMs: 1 };
  return { kind: 'offset', groupId, topicId, partition, committed };
}

function setUp(options: { exists?: boolean } = {}) {
  const log = new FakeLog();
  const clock = new ManualClock();
  const created: string[] = [];
  const errors: object[] = [];
  const groups = new StateLog({
    records: groupRecords,
    log: options.exists === false ? null : log,
    create: () => {
      created.push('made');
      return Promise.resolve(log);
    },
    clock,
    logger: { ...silentLogger, error: (fields) => void errors.push(fields) },
  });
  const endings: string[] = [];
  const write = (groupId: string, records: readonly GroupRecord[]): Promise<void> =>
    groups.write(groupId, records, (_durable, outcome) => void endings.push(`${groupId} ${outcome}`));
  return {
    log,
    clock,
    groups,
    write,
    endings,
    created,
    errors,
    counts: () => log.batches.map((batch) => batchRecordsCount(batch)),
  };
}

/** What a start would read back: offsets by group and partition. */
async function readBack(log: FakeLog): Promise<Record<string, number>> {
  const image = new GroupImage();
  await replayGroups(log, image);
  const context = { nowMs: 0, wallMs: 0, topics: { byName: () => null } };
  const found: [string, number][] = [];
  for (const { groupId, offsets } of image.groups(context)) {
    for (const { partition, committed } of offsets.entries()) found.push([`${groupId}/${partition}`, committed.offset]);
  }
  return Object.fromEntries(found);
}

describe('StateLog', () => {
  it('C4 puts what one turn of the event loop hands over into one batch, the last record of each key', async () => {
    const { log, counts, write } = setUp();
    const writes = [
      write('g', [offset('g', 0, 1), offset('g', 1, 1)]),
      write('h', [offset('h', 0, 7)]),
      write('g', [offset('g', 0, 2)]),
      write('g', [{ kind: 'offset-gone', groupId: 'g', topicId, partition: 1 }]),
    ];
    expect(log.batches).toHaveLength(0);
    await Promise.all(writes);
    expect(counts()).toEqual([3]);
    expect(await readBack(log)).toEqual({ 'g/0': 2, 'h/0': 7 });
  });

  it('C4 gathers the next round while one is on its way', async () => {
    const { log, clock, counts, write } = setUp();
    log.holdsAppends = true;
    const first = write('g', [offset('g', 0, 1)]);
    await clock.runDeferred();
    const later = [2, 3, 4].map((value) => write('g', [offset('g', 0, value)]));
    await clock.runDeferred();
    expect(counts()).toEqual([1]);
    log.settle();
    await first;
    await clock.runDeferred();
    expect(counts()).toEqual([1, 1]);
    log.settle();
    await Promise.all(later);
    expect(await readBack(log)).toEqual({ 'g/0': 4 });
  });

  it('C4 X1 hands the next round over in the turn in which one becomes durable, with what its groups do then', async () => {
    const { log, clock, groups, write } = setUp();
    const waiting: AppendWaiter[] = [];
    const append = log.append.bind(log);
    log.append = (batch, options) => {
      const appended: Append = append(batch, options);
      return { ...appended, whenSettled: (waiter) => void waiting.push(waiter) };
    };
    const more: Promise<void>[] = [];
    const first = groups.write('g', [offset('g', 0, 1)], () => void more.push(write('g', [offset('g', 0, 3)])));
    await clock.runDeferred();
    more.push(write('h', [offset('h', 0, 2)]));
    waiting.shift()!.kept();
    expect(waiting).toHaveLength(1);
    waiting.shift()!.kept();
    await Promise.all([first, ...more]);
    expect(await readBack(log)).toEqual({ 'g/0': 3, 'h/0': 2 });
  });

  it('C4 bounds its batches, and keeps the records of a group in one', async () => {
    const { log, counts, write } = setUp();
    const text = 'x'.repeat(4096);
    const ids = ['a', 'b', 'c'];
    await Promise.all(
      ids.map((id) =>
        write(
          id,
          Array.from({ length: 100 }, (_, index) => offset(id, index, 1, text)),
        ),
      ),
    );
    // 400 KiB each: the second closes a batch of two.
    expect(counts()).toEqual([200, 100]);
    expect(log.batches.every((batch) => batch.length < 1 << 20)).toBe(true);
  });

  it('C4 fails with a group what was handed over behind its lost change, and nothing of others', async () => {
    const { log, clock, counts, errors, write } = setUp();
    log.holdsAppends = true;
    const lost = write('g', [offset('g', 0, 1)]);
    await clock.runDeferred();
    const behind = write('g', [offset('g', 1, 1)]);
    const other = write('h', [offset('h', 0, 1)]);
    const outcomes = Promise.allSettled([lost, behind]);
    log.holdsAppends = false;
    log.settle(new StorageError('STORAGE_FULL', 'the disk is full'));
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await other;
    // The fake log keeps the batch that it failed; the second one holds the other group alone.
    expect(counts()).toEqual([1, 1]);
    expect(errors).toHaveLength(1);
  });

  it('C4 tells a group of its loss in the turn in which it fails what is behind, and takes what comes then', async () => {
    const { log, clock, write, endings } = setUp();
    log.holdsAppends = true;
    const lost = write('g', [offset('g', 0, 1)]);
    await clock.runDeferred();
    const outcome = Promise.allSettled([lost]);
    log.holdsAppends = false;
    log.settle(new StorageError('STORAGE_FULL', 'the disk is full'));
    // Until the group knows, whatever comes is behind the loss; from then on nothing is.
    for (let turn = 0; endings.length === 0 && turn < 20; turn += 1) {
      void write('g', [offset('g', 1, turn)]);
      await Promise.resolve();
    }
    expect(endings).toEqual(['g failed', 'g failed']);
    await write('g', [offset('g', 2, 9)]);
    expect(await outcome).toMatchObject([{ status: 'rejected' }]);
    expect(endings).toEqual(['g failed', 'g failed', 'g durable']);
  });

  it('C4 goes on after a failure, and says once that it goes wrong', async () => {
    const { log, errors, write } = setUp();
    for (let round = 0; round < 3; round += 1) {
      log.failNext = new StorageError('STORAGE_FULL', 'the disk is full');
      await expect(write('g', [offset('g', 0, round)])).rejects.toThrow('the disk is full');
    }
    expect(errors).toHaveLength(1);
    await write('g', [offset('g', 0, 9)]);
    expect(await readBack(log)).toEqual({ 'g/0': 9 });
  });

  it('C4 makes its topic with the first write only', async () => {
    const { groups, created, write } = setUp({ exists: false });
    await groups.drain();
    expect(created).toEqual([]);
    await write('g', [offset('g', 0, 1)]);
    await write('g', [offset('g', 0, 2)]);
    expect(created).toEqual(['made']);
  });

  it('B6 drains what was handed over in the same turn', async () => {
    const { log, groups, write } = setUp();
    const written = write('g', [offset('g', 0, 1)]);
    await groups.drain();
    await written;
    expect(log.batches).toHaveLength(1);
  });

  it('S2 names the record that cannot be understood', async () => {
    const { log, write } = setUp();
    await write('g', [offset('g', 0, 1)]);
    const { key, value } = encodeGroupRecord(offset('g', 0, 2));
    log.append(encodeBatch([{ key, value: value!.subarray(0, 5) }]), { leaderEpoch: 0 });
    await expect(readBack(log)).rejects.toMatchObject({ code: 'CORRUPT_LOG', details: { offset: 1 } });
  });
});

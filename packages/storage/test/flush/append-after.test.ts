import { describe, expect, it } from 'vitest';
import type { Append, PartitionLog } from '@q/storage';
import { append, batch, contents, errorWith } from '../conformance/harness.ts';
import { DiskUnderTest, tinyJournal } from '../fixtures.ts';

const firstLog = /orders-0\/.*\.log$/;
const otherLog = /orders-1\/.*\.log$/;

interface Scene {
  readonly under: DiskUnderTest;
  readonly first: PartitionLog;
  readonly other: PartitionLog;
}

/** Two logs with a record each. */
async function setUp(o: { hasJournal: boolean; entryBytes?: number }): Promise<Scene> {
  const entry = o.entryBytes === undefined ? {} : { journalEntryBytes: o.entryBytes };
  const limits = o.hasJournal ? { ...tinyJournal, ...entry } : { journalFiles: 0 };
  const under = await DiskUnderTest.start({ limits });
  const [first, other] = [await under.open(), await under.open({}, 1)];
  for (const log of [first, other]) await append(log, ['a']);
  while (o.hasJournal && under.store.stats.journalWrites === 0) await append(first, ['a']);
  return { under, first, other };
}

function appendAfter({ first, other }: Scene, text = 'after'): { before: Append; after: Append } {
  const before = first.append(batch(['before']), { leaderEpoch: 0 });
  return { before, after: other.append(batch([text]), { leaderEpoch: 0, after: before }) };
}

describe('an append after another one', () => {
  it('X1 S2 is in the same write of the journal', async () => {
    const scene = await setUp({ hasJournal: true });
    const { under, other } = scene;
    const { journalWrites, rounds } = under.store.stats;
    const { before, after } = appendAfter(scene);
    await Promise.all([before.durable, after.durable]);
    expect(under.store.stats).toMatchObject({ journalWrites: journalWrites + 1, rounds: rounds + 1 });
    expect(await contents(other)).toEqual(['0:a', '1:after']);
  });

  it('X1 S2 is not written before the other is durable where each log is synced by itself', async () => {
    const scene = await setUp({ hasJournal: false });
    const { under, first, other } = scene;
    const sync = under.disk.hold('datasync', firstLog);
    const { sizeBytes } = await under.disk.stat('/data/orders-1/00000000000000000000.log');
    const { before, after } = appendAfter(scene);
    // Of the same round, but for those two.
    await sync.reached;
    await under.clock.runDeferred();
    expect((await under.disk.stat('/data/orders-1/00000000000000000000.log')).sizeBytes).toBe(sizeBytes);
    sync.release();
    await Promise.all([before.durable, after.durable]);
    expect([first.highWatermark, other.highWatermark]).toEqual([2, 2]);
  });

  it('X1 S2 is not in the journal before the other is in its segment', async () => {
    const scene = await setUp({ hasJournal: true });
    const { under, first, other } = scene;
    const { journalWrites } = under.store.stats;
    const sync = under.disk.hold('datasync', firstLog);
    const large = first.append(batch(['x'.repeat(5_000)]), { leaderEpoch: 0 });
    const after = other.append(batch(['after']), { leaderEpoch: 0, after: large });
    await sync.reached;
    await under.clock.runDeferred();
    expect(under.store.stats.journalWrites).toBe(journalWrites);
    sync.release();
    await Promise.all([large.durable, after.durable]);
    expect(under.store.stats.journalWrites).toBe(journalWrites + 1);
  });

  it('X1 S2 is in a later round where both do not fit into one entry of the journal', async () => {
    const scene = await setUp({ hasJournal: true, entryBytes: 200 });
    const { journalWrites, rounds } = scene.under.store.stats;
    const { before, after } = appendAfter(scene, 'x'.repeat(200));
    await Promise.all([before.durable, after.durable]);
    expect(scene.under.store.stats).toMatchObject({ journalWrites: journalWrites + 2, rounds: rounds + 2 });
  });

  it('X1 S2 is lost with the other in a power cut', async () => {
    const scene = await setUp({ hasJournal: false });
    const { under } = scene;
    const sync = under.disk.hold('datasync', firstLog);
    appendAfter(scene);
    await sync.reached;
    await under.crash('none');
    expect(await contents(await under.open({}, 1))).toEqual(['0:a']);
  });

  it('X1 S2 is taken back with the other, and so is what is behind it in its log', async () => {
    const scene = await setUp({ hasJournal: false });
    const { under, first, other } = scene;
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: firstLog });
    const kept = other.append(batch(['kept']), { leaderEpoch: 0 });
    const { before, after } = appendAfter(scene);
    const behind = other.append(batch(['behind']), { leaderEpoch: 0 });
    const refused = Promise.all(
      [before, after, behind].map((each) => expect(each.durable).rejects.toEqual(errorWith('STORAGE_FULL'))),
    );
    await kept.durable;
    await refused;
    expect([first.logEndOffset, other.logEndOffset]).toEqual([1, 2]);
    await append(other, ['next']);
    expect(await contents(other)).toEqual(['0:a', '1:kept', '2:next']);
    await under.restart();
    expect(await contents(await under.open({}, 1))).toEqual(['0:a', '1:kept', '2:next']);
    expect(under.fatal).toEqual([]);
  });

  it('X1 S2 stays, and fails alone, where only its own log has no room', async () => {
    const scene = await setUp({ hasJournal: false });
    const { under, first, other } = scene;
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: otherLog });
    const { before, after } = appendAfter(scene);
    await before.durable;
    await expect(after.durable).rejects.toEqual(errorWith('STORAGE_FULL'));
    expect([first.highWatermark, other.logEndOffset]).toEqual([2, 1]);
  });
});

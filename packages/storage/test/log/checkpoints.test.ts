import { describe, expect, it } from 'vitest';
import { append, contents, numbered } from '../conformance/harness.ts';
import { DiskUnderTest, firstLogFile } from '../fixtures.ts';

describe('checkpoints', () => {
  it('S2 bound what recovery verifies: damage below the recovery point is not looked for, and not cut', async () => {
    const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1 } });
    const log = await under.open();
    for (const text of numbered(5)) await append(log, [text]);
    await under.store.maintain();
    expect(log.describe().recoveryPoint).toBe(5);
    await append(log, ['after']);
    const { length } = await under.disk.readFile(firstLogFile);
    await under.disk.damage(firstLogFile, (bytes) => {
      bytes[65] = (bytes[65] as number) ^ 1;
      return bytes;
    });
    await under.crash('all');
    const again = await under.open();
    expect([again.state, again.logEndOffset, again.bytes]).toEqual(['open', 6, length]);
  });

  it('S2 sync what was written while an earlier sync was on its way', async () => {
    const under = await DiskUnderTest.start({
      limits: { checkpointBytes: 1, checkpointBytesMax: 1 },
      syncIntervalMs: 1_000_000,
    });
    const log = await under.open({ durability: 'interval' });
    await append(log, ['a']);
    const syncs = under.disk.hold('datasync', /\.log$/);
    const writes = under.disk.hold('write', /\.log$/);
    const checkpoint = under.store.maintain();
    await syncs.reached;
    const during = append(log, ['b']);
    await writes.reached;
    syncs.release();
    // The sync ends now, and the write has not.
    await under.clock.runDeferred();
    writes.release();
    await Promise.all([during, checkpoint]);
    await under.store.maintain();
    expect(log.describe().recoveryPoint).toBe(2);
    await under.crash('all');
    expect(await contents(await under.open({ durability: 'interval' }))).toEqual(['0:a', '1:b']);
  });

  it('S2 are taken of a log that is being written to, without waiting for a pause', async () => {
    const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1 } });
    const log = await under.open();
    let isWriting = true;
    const writing = (async () => {
      for (let i = 0; isWriting; i += 1) await append(log, [`v${i}`], { producerId: 5, baseSequence: i });
      return log.logEndOffset;
    })();
    for (let round = 0; round < 3; round += 1)
      expect(await under.store.maintain()).toMatchObject({ logsCheckpointed: 1, logsFailed: 0 });
    const { recoveryPoint } = log.describe();
    isWriting = false;
    const end = await writing;
    expect(recoveryPoint).toBeGreaterThan(0);
    await under.crash('all');
    const again = await under.open();
    expect(again.logEndOffset).toBe(end);
    expect(await append(again, ['last'], { producerId: 5, baseSequence: end - 1 })).toMatchObject({
      duplicate: true,
      baseOffset: end - 1,
    });
  });

  it('S2 come at once for a log that appends fast', async () => {
    const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1_000, checkpointBytesMax: 5_000 } });
    const log = await under.open();
    const hold = under.disk.hold('rename', /recovery-point/);
    for (let i = 0; i < 10; i += 1) await append(log, ['x'.repeat(600)]);
    await hold.reached;
    hold.release();
    await under.store.close();
    expect(log.describe().recoveryPoint).toBe(10);
    expect(under.fatal).toEqual([]);
  });

  it('S2 come at once when all logs together have much above their checkpoints, and not before', async () => {
    const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1_000, uncoveredBytesMax: 10_000 } });
    const logs = await Promise.all([0, 1, 2, 3].map((partition) => under.open({}, partition)));
    let checkpoints = 0;
    const renames = under.disk.hold('rename', /recovery-point/);
    void renames.reached.then(() => (checkpoints += 1));
    for (const log of logs) for (let i = 0; i < 3; i += 1) await append(log, ['x'.repeat(600)]);
    expect(checkpoints).toBe(0);
    for (const log of logs) for (let i = 0; i < 3; i += 1) await append(log, ['x'.repeat(600)]);
    await renames.reached;
    renames.release();
  });

  it('S2 do not count what a log had that is gone', async () => {
    const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1_000, uncoveredBytesMax: 10_000 } });
    const [doomed, log] = [await under.open({}, 1), await under.open()];
    for (let i = 0; i < 12; i += 1) await append(doomed, ['x'.repeat(600)]);
    await under.store.delete(doomed.id);
    for (let i = 0; i < 10; i += 1) await append(log, ['x'.repeat(600)]);
    await under.store.list();
    expect(log.describe().recoveryPoint).toBe(0);
    // The rest of the room is its own.
    while (log.describe().recoveryPoint === 0) await append(log, ['x'.repeat(600)]);
    expect(log.bytes).toBeGreaterThan(10_000);
  });

  it('S2 of a closed segment leave its indexes to the disk, and keep the newest snapshots only', async () => {
    const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1 }, tailCacheBytes: 0 });
    const log = await under.open({ segmentBytes: 400, indexIntervalBytes: 1, retentionMs: -1 });
    for (let round = 0; round < 6; round += 1) {
      for (const text of numbered(4, round * 4))
        await append(log, [text.padEnd(40)], { timestampMs: 5_000 + log.logEndOffset });
      await under.store.maintain();
    }
    const names = await under.names();
    expect(names.filter((name) => name.endsWith('.snapshot'))).toEqual(
      [16, 20, 24].map((offset) => `${String(offset).padStart(20, '0')}.snapshot`),
    );
    const segments = names.filter((name) => name.endsWith('.log')).length;
    expect(names.filter((name) => name.endsWith('.index'))).toHaveLength(segments);
    expect((await contents(log)).length).toBe(24);
    expect(await log.offsetForTimestamp(5_007)).toEqual({ offset: 7, timestampMs: 5_007, leaderEpoch: 0 });
    expect(await log.offsetForTimestamp(6_000)).toBeNull();
  });
});

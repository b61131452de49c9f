import { describe, expect, it } from 'vitest';
import { append, contents } from '../conformance/harness.ts';
import { DiskUnderTest, tinyJournal } from '../fixtures.ts';

const windowMs = 60_000;
const config = { dedupWindowMs: windowMs, retentionMs: -1 };
const dayMs = 86_400_000;

/** Whether the id is found, and where. A new one is stored. */
async function find(under: DiskUnderTest, id: string): Promise<number | null> {
  const log = await under.open(config);
  const { duplicate, baseOffset } = await append(log, [`${id}:again`], { timestampMs: 5 });
  return duplicate ? baseOffset : null;
}

async function idFiles(under: DiskUnderTest): Promise<string[]> {
  return (await under.names()).filter((name) => name.includes('message-ids'));
}

describe('message ids across restarts', () => {
  it.each(['kill', 'crash'] as const)(
    'P4 S1 a %s before any checkpoint keeps those of records with old timestamps',
    async (how) => {
      const under = await DiskUnderTest.start({ limits: tinyJournal });
      await append(await under.open(config), ['m:v'], { timestampMs: 5 });
      await under.clock.advance(windowMs / 2);
      await under[how]();
      expect(await find(under, 'm')).toBe(0);
    },
  );

  it.each(['kill', 'crash'] as const)(
    'P4 S1 a %s after a checkpoint keeps those before it and behind it',
    async (how) => {
      const under = await DiskUnderTest.start({ limits: { ...tinyJournal, checkpointBytes: 1 } });
      const log = await under.open(config);
      await append(log, ['m:v'], { timestampMs: 5 });
      await under.store.maintain();
      expect(await idFiles(under)).toEqual(['00000000000000000001.message-ids']);
      await append(log, ['n:v'], { timestampMs: 5 });
      await under[how]();
      expect([await find(under, 'm'), await find(under, 'n')]).toEqual([0, 1]);
    },
  );

  it('P4 an id whose time of append nobody knows is remembered for a window from the start on, and no longer', async () => {
    const under = await DiskUnderTest.start();
    await append(await under.open(config), ['m:v'], { timestampMs: 5 });
    await under.clock.advance(windowMs - 1);
    await under.kill();
    await under.open(config);
    await under.clock.advance(windowMs - 1);
    expect(await find(under, 'm')).toBe(0);
    await under.clock.advance(1);
    expect(await find(under, 'm')).toBeNull();
  });

  it('P4 S5 what was trimmed just before a power cut is known', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open(config);
    for (let i = 0; i < 5; i += 1) await append(log, [`m${i}:v`], { timestampMs: 5 });
    await log.deleteBefore(5);
    await under.crash();
    for (let i = 0; i < 5; i += 1) expect(await find(under, `m${i}`)).toBe(i);
  });

  it.each([
    ['retention', { retentionBytes: 100 }],
    ['compaction', { cleanupPolicy: { delete: false, compact: true }, minCleanableDirtyRatio: 0.01 }],
  ] as const)('P4 S4 what %s removed just before a power cut is known', async (_, cleaning) => {
    const under = await DiskUnderTest.start();
    const cleaned = { ...config, ...cleaning, segmentBytes: 100 };
    const log = await under.open(cleaned);
    for (let i = 0; i < 10; i += 1) await append(log, [`m${i}:k=v${i}`], { timestampMs: 5 });
    await under.store.maintain();
    // So few that by themselves they are no reason for another file.
    for (let i = 10; i < 13; i += 1) await append(log, [`m${i}:k=v${i}`], { timestampMs: 5 });
    await under.store.maintain();
    expect(await contents(log)).not.toContain('10:k=v10');
    await under.crash();
    const again = await under.open(cleaned);
    for (let i = 0; i < 13; i += 1)
      expect(await append(again, [`m${i}:k=x`])).toMatchObject({ duplicate: true, baseOffset: i });
  });

  it('P4 a step of the wall clock neither forgets ids nor keeps them for ever', async () => {
    const under = await DiskUnderTest.start();
    await append(await under.open(config), ['m:v'], { timestampMs: 5 });
    under.clock.stepWall(365 * dayMs);
    expect(await find(under, 'm')).toBe(0);
    await append(await under.open(config), ['n:v'], { timestampMs: 5 });
    await under.restart();
    expect([await find(under, 'm'), await find(under, 'n')]).toEqual([0, 1]);
    under.clock.stepWall(-365 * dayMs);
    await under.restart();
    expect([await find(under, 'm'), await find(under, 'n')]).toEqual([0, 1]);
    await under.clock.advance(windowMs);
    expect([await find(under, 'm'), await find(under, 'n')]).toEqual([null, null]);
  });

  it('P4 time that the broker was not running counts, as far as the clock can be believed', async () => {
    const under = await DiskUnderTest.start();
    await append(await under.open(config), ['m:v'], { timestampMs: 5 });
    await under.store.close();
    await under.clock.advance(windowMs);
    await under.reopen();
    expect(await find(under, 'm')).toBeNull();
    await under.store.close();
    under.clock.stepWall(2 * dayMs);
    await under.reopen();
    expect(await find(under, 'm')).toBe(1);
  });

  it('P4 a file that is not sound is reported, and the log asked instead', async () => {
    const under = await DiskUnderTest.start();
    await append(await under.open(config), ['m:v'], { timestampMs: under.clock.now() });
    await under.store.close();
    const [name] = await idFiles(under);
    await (await under.disk.open(`/data/orders-0/${name}`, 'write')).write([Buffer.from([0xff])], 20);
    await under.reopen();
    expect(await find(under, 'm')).toBe(0);
    expect(under.log.notes.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('a file of message ids is unreadable'),
    );
  });

  it('P4 a window that was off begins with nothing', async () => {
    const under = await DiskUnderTest.start();
    await append(await under.open(config), ['m:v'], { timestampMs: 5 });
    await under.restart();
    await under.open({ ...config, dedupWindowMs: 0 });
    expect(await idFiles(under)).toEqual([]);
    await under.restart();
    expect(await find(under, 'm')).toBeNull();
  });

  it('P4 B5 the file is not written anew before the log has grown by a multiple of it, and there is one', async () => {
    const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1 } });
    const log = await under.open(config);
    const seen = new Set<string>();
    for (let i = 0; i < 200; i += 1) {
      await append(log, [`id-${i}:v`], { timestampMs: 5 });
      await under.store.maintain();
      const names = await idFiles(under);
      expect(names).toHaveLength(1);
      seen.add(names[0] as string);
    }
    expect(seen.size).toBeLessThan(100);
    await under.kill();
    for (let i = 0; i < 200; i += 1) expect(await find(under, `id-${i}`)).toBe(i);
  });

  it('P4 B5 remembers the newest where there are too many, also after a restart, and says how many it forgot', async () => {
    const under = await DiskUnderTest.start({ limits: { messageIdsMax: 3 } });
    const log = await under.open(config);
    for (let i = 0; i < 5; i += 1) await append(log, [`m${i}:v`], { timestampMs: 5 });
    await under.store.maintain();
    expect(under.store.stats.messageIdsForgotten).toBe(2);
    expect(under.log.notes).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        fields: { event: 'partition.message_ids_forgotten', topic: 'orders', partition: 0, count: 2 },
      }),
    );
    await under.restart();
    expect([
      await find(under, 'm2'),
      await find(under, 'm3'),
      await find(under, 'm4'),
      await find(under, 'm1'),
    ]).toEqual([2, 3, 4, null]);
  });

  it('P4 S3 a full disk does not keep records from going', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open(config);
    await append(log, ['m:v'], { timestampMs: 5 });
    under.disk.fail({ operation: 'create', path: /message-ids/, code: 'ENOSPC' });
    await log.deleteBefore(1);
    expect(log.logStartOffset).toBe(1);
    expect(under.log.notes.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('a restart forgets them'),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { append, at, batch, contents, errorWith, numbered } from '../conformance/harness.ts';
import { DiskUnderTest, batchPositions, firstLogFile } from '../fixtures.ts';

const [second, third] = [1, 2];

/** A log of single-record batches, synced, whose recovery point is still 0. */
async function filled(
  count: number,
  options: { segmentBytes?: number; durability?: 'fsync' | 'os' } = {},
): Promise<DiskUnderTest> {
  const under = await DiskUnderTest.start();
  const log = await under.open(options);
  for (const text of numbered(count)) await append(log, [text.padEnd(50)]);
  return under;
}

async function texts(under: DiskUnderTest): Promise<string[]> {
  return (await contents(await under.open())).map((text) => text.trimEnd());
}

describe('recovery of a torn tail', () => {
  it('S2 cuts every possible beginning of the last batch, says so, and goes on', async () => {
    const under = await filled(3);
    const whole = await under.disk.readFile(firstLogFile);
    const lastAt = batchPositions(whole).at(-1) as number;
    for (let size = lastAt + 1; size < whole.length; size += 7) {
      const again = await filled(3);
      await again.disk.damage(firstLogFile, (bytes) => bytes.subarray(0, size));
      await again.crash();
      expect(await texts(again)).toEqual(at(0, numbered(2)));
      expect(again.store.stats).toMatchObject({ tailsCut: 1, bytesCut: size - lastAt, logsQuarantined: 0 });
      expect(again.log.notes).toContainEqual(
        expect.objectContaining({
          level: 'warn',
          fields: expect.objectContaining({ topic: 'orders', partition: 0, position: lastAt }),
        }),
      );
      // What is left of it behind the next batches could be taken for more of them.
      expect(await again.disk.readFile(firstLogFile)).toHaveLength(lastAt);
      const log = await again.open();
      expect(await append(log, ['next'])).toMatchObject({ baseOffset: 2 });
      await again.crash();
      expect(await texts(again)).toEqual([...at(0, numbered(2)), '2:next']);
    }
  });

  it('S2 cuts a last batch of which any byte is wrong, or which is followed by zeros', async () => {
    const under = await filled(3);
    const whole = await under.disk.readFile(firstLogFile);
    const lastAt = batchPositions(whole).at(-1) as number;
    const damages: ((bytes: Buffer) => Buffer)[] = [(bytes) => Buffer.concat([bytes, Buffer.alloc(10_000)])];
    for (let position = lastAt; position < whole.length; position += 5) {
      // The leader epoch lies outside the CRC.
      if (position < lastAt + 12 || position > lastAt + 15) damages.push((bytes) => flip(bytes, position));
    }
    for (const [index, damage] of damages.entries()) {
      const again = await filled(3);
      await again.disk.damage(firstLogFile, damage);
      await again.crash();
      expect(await texts(again)).toEqual(at(0, numbered(index === 0 ? 3 : 2)));
      expect(again.store.stats.tailsCut).toBe(1);
    }
  });

  it('S2 removes a segment of which nothing reached the disk', async () => {
    const under = await filled(6, { segmentBytes: 300 });
    const names = (await under.names()).filter((name) => name.endsWith('.log'));
    expect(names.length).toBeGreaterThan(1);
    await under.disk.damage(`/data/orders-0/${names.at(-1)}`, () => Buffer.alloc(0));
    await under.crash();
    const log = await under.open({ segmentBytes: 300 });
    expect(log.state).toBe('open');
    expect(await append(log, ['next'])).toMatchObject({ baseOffset: log.logEndOffset - 1 });
  });
});

function flip(bytes: Buffer, position: number): Buffer {
  bytes[position] = (bytes[position] as number) ^ 0x10;
  return bytes;
}

describe('rot', () => {
  it('S2 sets a partition aside when valid batches follow a bad one: nothing is cut, what lies below is served', async () => {
    const under = await filled(5);
    const whole = await under.disk.readFile(firstLogFile);
    const position = batchPositions(whole)[second] as number;
    await under.disk.damage(firstLogFile, (bytes) => flip(bytes, position + 70));
    await under.crash();
    const log = await under.open();
    expect(log.state).toBe('quarantined');
    expect(log.describe().damage).toEqual({
      file: firstLogFile,
      position,
      fromOffset: 1,
      toOffset: 2,
      reason: expect.stringContaining('CRC'),
    });
    expect([log.logEndOffset, under.store.stats.logsQuarantined]).toEqual([5, 1]);
    const below = await log.read({ offset: 0, maxBytes: 1 << 20, upTo: 'highWatermark' });
    expect(Buffer.concat([...below.buffers]).equals(whole.subarray(0, position))).toBe(true);
  });

  it('S2 refuses reads in the damage, and appends, with CORRUPT_LOG; other partitions are served', async () => {
    const under = await filled(5);
    await append(await under.open({}, 1), ['other']);
    const position = batchPositions(await under.disk.readFile(firstLogFile))[second] as number;
    await under.disk.damage(firstLogFile, (bytes) => flip(bytes, position + 70));
    await under.crash();
    const log = await under.open();
    for (const offset of [1, 2, 4])
      expect(() => log.read({ offset, maxBytes: 100, upTo: 'highWatermark' })).toThrow(errorWith('CORRUPT_LOG'));
    expect(() => log.append(batch(['x']), { leaderEpoch: 0 })).toThrow(
      errorWith('CORRUPT_LOG', { fromOffset: 1, position }),
    );
    expect(await contents(await under.open({}, 1))).toEqual(['0:other']);
  });

  it('S2 finds the damage again after a clean shutdown, and keeps the bytes as they are', async () => {
    const under = await filled(5);
    const position = batchPositions(await under.disk.readFile(firstLogFile))[third] as number;
    await under.disk.damage(firstLogFile, (bytes) => flip(bytes, position + 70));
    const damaged = Buffer.from(await under.disk.readFile(firstLogFile));
    await under.crash();
    await under.open();
    await under.store.maintain();
    await under.restart();
    expect((await under.open()).state).toBe('quarantined');
    expect((await under.disk.readFile(firstLogFile)).equals(damaged)).toBe(true);
  });

  it('S2 takes a log that is shorter than what was synced for damaged', async () => {
    const under = await filled(5);
    await under.restart();
    const log = await under.open();
    await append(log, ['more']);
    const lastAt = batchPositions(await under.disk.readFile(firstLogFile)).at(-2) as number;
    await under.disk.damage(firstLogFile, (bytes) => bytes.subarray(0, lastAt));
    await under.crash();
    const again = await under.open();
    expect(again.describe()).toMatchObject({ state: 'quarantined', damage: { fromOffset: 4, toOffset: 5 } });
    expect((await under.names()).some((name) => name.endsWith('.aside'))).toBe(false);
  });

  it.each([0, 1, 2])('S2 misses segment file number %d', async (number) => {
    const under = await filled(12, { segmentBytes: 300 });
    const files = (await under.names()).filter((name) => name.endsWith('.log'));
    expect(files.length).toBeGreaterThan(4);
    await under.disk.removeFile(`/data/orders-0/${files[number]}`);
    await under.disk.syncDirectory('/data/orders-0');
    await under.crash();
    const log = await under.open({ segmentBytes: 300 });
    const fromOffset = Number.parseInt(files[number] as string, 10);
    expect(log.describe()).toMatchObject({
      state: 'quarantined',
      logStartOffset: 0,
      logEndOffset: 12,
      damage: { fromOffset },
    });
    expect(() => log.read({ offset: fromOffset, maxBytes: 10, upTo: 'highWatermark' })).toThrow(
      errorWith('CORRUPT_LOG'),
    );
  });

  it('S2 under os a hole is no damage: the log is cut there, and what lay behind is kept aside', async () => {
    const under = await filled(5, { durability: 'os' });
    await under.disk.damage(firstLogFile, (bytes) => flip(bytes, (batchPositions(bytes)[third] as number) + 70));
    const damaged = Buffer.from(await under.disk.readFile(firstLogFile));
    await under.crash('none');
    const log = await under.open({ durability: 'os' });
    expect([log.state, log.logEndOffset]).toEqual(['open', 2]);
    const aside = (await under.names()).filter((name) => name.endsWith('.aside'));
    expect(aside).toHaveLength(1);
    const kept = await under.disk.readFile(`/data/orders-0/${aside[0]}`);
    expect(kept.equals(damaged.subarray(batchPositions(damaged)[third]))).toBe(true);
  });

  it('S2 what lay behind a hole is kept aside on a full disk, too, with the little room that is kept for that', async () => {
    const under = await DiskUnderTest.start({ limits: { reserveFileBytes: 65_536 } });
    under.disk.capacityBytes = 1 << 30;
    const log = await under.open({ durability: 'os' });
    for (let index = 0; index < 40; index += 1) await append(log, [`${index} `.padEnd(5_000, '.')]);
    await under.store.maintain();
    const positions = batchPositions(await under.disk.readFile(firstLogFile));
    await under.disk.damage(firstLogFile, (bytes) => flip(bytes, (positions[third] as number) + 70));
    const damaged = Buffer.from(await under.disk.readFile(firstLogFile));
    under.disk.capacityBytes = under.disk.usedBytes;
    await under.crash('none');
    expect([(await under.open({ durability: 'os' })).state, (await under.open()).logEndOffset]).toEqual(['open', 2]);
    const aside = (await under.names()).filter((name) => name.endsWith('.aside'));
    const inOrder = aside.toSorted((a, b) => Number(a.split('.')[2]) - Number(b.split('.')[2]));
    expect(inOrder.length).toBeGreaterThan(1);
    const kept = Buffer.concat(await Promise.all(inOrder.map((name) => under.disk.readFile(`/data/orders-0/${name}`))));
    expect(kept.equals(damaged.subarray(positions[third]))).toBe(true);
  });
});

describe('what is derived from the log', () => {
  it('S1 S2 makes indexes again that are missing, cut or full of nonsense', async () => {
    const config = { segmentBytes: 3_000, indexIntervalBytes: 200 };
    const damages: ((bytes: Buffer) => Buffer)[] = [
      () => Buffer.alloc(0),
      (bytes) => bytes.subarray(0, 13),
      (bytes) => Buffer.alloc(bytes.length),
      (bytes) => Buffer.alloc(bytes.length, 0xff),
      (bytes) => bytes.fill(0x11, 0, 8),
    ];
    for (const damage of damages) {
      const under = await DiskUnderTest.start({ tailCacheBytes: 0 });
      const log = await under.open(config);
      for (const text of numbered(60)) await append(log, [text.padEnd(50)], { timestampMs: 1_000 + log.logEndOffset });
      await under.store.close();
      for (const name of await under.names()) {
        if (name.endsWith('index')) await under.disk.damage(`/data/orders-0/${name}`, damage);
      }
      await under.crash();
      const again = await under.open(config);
      expect((await contents(again)).map((text) => text.trimEnd())).toEqual(at(0, numbered(60)));
      for (const offset of [0, 17, 18, 42, 59]) {
        expect((await contents(again, { fromOffset: offset }))[0]).toMatch(new RegExp(`^${offset}:`));
        expect(await again.offsetForTimestamp(1_000 + offset)).toMatchObject({ offset });
      }
    }
  });

  it('S2 P4 goes back to an older snapshot, or to none, when one is unreadable', async () => {
    for (const damagedSnapshots of [1, 3]) {
      const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1 } });
      const log = await under.open();
      for (let i = 0; i < 4; i += 1) {
        await append(log, [`v${i}`], { producerId: 9, baseSequence: i });
        await under.store.maintain();
      }
      const snapshots = (await under.names()).filter((name) => name.endsWith('.snapshot'));
      expect(snapshots).toHaveLength(3);
      for (const name of snapshots.slice(-damagedSnapshots))
        await under.disk.damage(`/data/orders-0/${name}`, (bytes) => flip(bytes, 20));
      await under.crash();
      const again = await under.open();
      expect(await append(again, ['v3'], { producerId: 9, baseSequence: 3 })).toMatchObject({
        duplicate: true,
        baseOffset: 3,
      });
      expect(await append(again, ['v4'], { producerId: 9, baseSequence: 4 })).toMatchObject({ duplicate: false });
    }
  });

  it('S2 rebuilds leader epochs from the batches when their file is unreadable', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    for (const leaderEpoch of [0, 0, 3, 5]) await log.append(batch(['x']), { leaderEpoch }).durable;
    await under.store.close();
    await under.disk.damage('/data/orders-0/leader-epoch-checkpoint', () => Buffer.from('nonsense'));
    await under.crash();
    const again = await under.open();
    expect(again.leaderEpoch).toBe(5);
    expect(() => again.append(batch(['x']), { leaderEpoch: 4 })).toThrow(errorWith('STALE_LEADER_EPOCH'));
    await under.restart();
    expect((await under.disk.readFile('/data/orders-0/leader-epoch-checkpoint')).toString()).toBe(
      '0\n3\n0 0\n3 2\n5 3\n',
    );
  });
});

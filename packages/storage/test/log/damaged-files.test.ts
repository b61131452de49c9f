import { batchSize } from '@q/protocol';
import type { LogConfig, PartitionLog } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { append, contents, errorWith } from '../conformance/harness.ts';
import { DiskUnderTest, firstLogFile } from '../fixtures.ts';

/*
 * Damage that the damage rig has found to go unnoticed: one test for each kind. All happens to a log that was shut down
 * in order, where nothing is verified at opening.
 */

const small: Partial<LogConfig> = { segmentBytes: 1_000, indexIntervalBytes: 300 };
const compacted: Partial<LogConfig> = { ...small, cleanupPolicy: { delete: false, compact: true } };
const timeMs = 1_700_000_000_000;
const index = firstLogFile.replace('.log', '.index');
const timeIndex = firstLogFile.replace('.log', '.timeindex');

/** Twenty records of one batch each, in several segments; shut down in order, with `change` done to one file. */
async function reopened(
  file: string,
  change: (bytes: Buffer) => Buffer,
  config = small,
  isWithoutIndex = false,
): Promise<{ under: DiskUnderTest; log: PartitionLog }> {
  const under = await DiskUnderTest.start();
  const log = await under.open(config);
  for (let offset = 0; offset < 20; offset += 1)
    await append(log, [`k${offset}=${'.'.repeat(80)}`], { timestampMs: timeMs + offset });
  await under.store.close();
  await under.disk.damage(file, change);
  if (isWithoutIndex) await under.disk.removeFile(index);
  await under.restart();
  return { under, log: await under.open(config) };
}

/** Where batch number `count` begins. */
function batchAt(bytes: Buffer, count: number): number {
  let at = 0;
  for (let batch = 0; batch < count; batch += 1) at += batchSize(bytes, at);
  return at;
}

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

describe('damage to a log that was shut down in order', () => {
  it('S2 a base offset that has changed is refused', async () => {
    const { log } = await reopened(firstLogFile, (bytes) =>
      changed(bytes, (copy) => (copy[batchAt(copy, 2) + 7]! ^= 1)),
    );
    await expect(contents(log)).rejects.toThrow(errorWith('CORRUPT_LOG'));
    expect((await contents(log, { fromOffset: 10 }))[0]).toMatch(/^10:k10=/);
  });

  it('S2 a closed segment that was cut between two batches is refused, also by time', async () => {
    const { log } = await reopened(firstLogFile, (bytes) => bytes.subarray(0, batchAt(bytes, 3)));
    await expect(contents(log)).rejects.toThrow(errorWith('CORRUPT_LOG'));
    await expect(log.offsetForTimestamp(timeMs + 4)).rejects.toThrow(errorWith('CORRUPT_LOG'));
    expect(await contents(log, { fromOffset: 0, maxBytes: 1 }).catch(() => 'refused')).toBe('refused');
  });

  it('S2 a closed segment of nothing is refused', async () => {
    const { log } = await reopened(firstLogFile, () => Buffer.alloc(0));
    await expect(contents(log)).rejects.toThrow(errorWith('CORRUPT_LOG'));
    await expect(log.offsetForTimestamp(timeMs)).rejects.toThrow(errorWith('CORRUPT_LOG'));
  });

  it('S2 a closed segment of a compacted log that was cut inside a batch is refused', async () => {
    const { log } = await reopened(firstLogFile, (bytes) => bytes.subarray(0, batchAt(bytes, 3) + 20), compacted);
    await expect(contents(log)).rejects.toThrow(errorWith('CORRUPT_LOG'));
  });

  it('S2 a batch of a compacted log that claims to end earlier does not hide its records', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open(compacted);
    for (let offset = 0; offset < 20; offset += 2) await append(log, [`k${offset}=${'.'.repeat(40)}`, 'last=1']);
    await under.store.close();
    await under.disk.damage(firstLogFile, (bytes) =>
      changed(bytes, (copy) => copy.writeInt32BE(0, batchAt(copy, 1) + 23)),
    );
    await under.restart();
    await expect(contents(await under.open(compacted), { fromOffset: 3 })).rejects.toThrow(errorWith('CORRUPT_LOG'));
  });

  it('S2 an index that leads behind a record is made again', async () => {
    // Its first entry claims an earlier offset: whoever looks for the record there begins behind it.
    const { log } = await reopened(index, (bytes) =>
      changed(bytes, (copy) => copy.writeInt32BE(copy.readInt32BE(0) - 1, 0)),
    );
    for (let offset = 0; offset < 20; offset += 1) {
      expect((await contents(log, { fromOffset: offset, maxBytes: 1 }))[0]).toMatch(new RegExp(`^${offset}:`));
    }
  });

  it.each([
    ['with an offset that has changed', (copy: Buffer): unknown => copy.writeInt32BE(copy.readInt32BE(8) + 1, 8)],
    [
      'with a timestamp that has changed',
      (copy: Buffer): unknown => copy.writeBigInt64BE(copy.readBigInt64BE(0) - 1n, 0),
    ],
    ['with a timestamp below zero', (copy: Buffer): unknown => (copy[0]! ^= 0x80)],
  ])('S2 C1 a time index %s is made again', async (_name, change) => {
    const { log } = await reopened(timeIndex, (bytes) => changed(bytes, (copy) => void change(copy)));
    for (let offset = 0; offset < 20; offset += 1)
      expect(await log.offsetForTimestamp(timeMs + offset)).toMatchObject({ offset });
  });

  it('S2 C1 a time index without its last entry is made again', async () => {
    const { log } = await reopened(timeIndex, (bytes) => bytes.subarray(0, -12));
    for (let offset = 0; offset < 20; offset += 1)
      expect(await log.offsetForTimestamp(timeMs + offset)).toMatchObject({ offset });
  });

  it('S2 C1 a search by time goes by no header that does not match its CRC', async () => {
    const { log } = await reopened(firstLogFile, (bytes) =>
      changed(bytes, (copy) => (copy[batchAt(copy, 2) + 42]! ^= 2)),
    );
    await expect(log.offsetForTimestamp(timeMs + 2)).rejects.toThrow(errorWith('CORRUPT_LOG'));
  });

  it('S2 C1 a search by time does not pass over a segment that is gone', async () => {
    const { log, under } = await reopened(firstLogFile, (bytes) => bytes);
    const second = under.disk.readDirectory('/data/orders-0');
    const name = (await second).filter((each) => each.endsWith('.log')).toSorted()[1]!;
    await under.store.close();
    await under.disk.removeFile(`/data/orders-0/${name}`);
    await under.restart();
    const again = await under.open(small);
    const gone = Number.parseInt(name, 10);
    expect(log.segments).toBeGreaterThan(2);
    await expect(again.offsetForTimestamp(timeMs + gone)).rejects.toThrow(errorWith('CORRUPT_LOG'));
  });

  it('S2 an offset far beyond its segment is an error of the log, not of the program', async () => {
    const { log } = await reopened(
      firstLogFile,
      (bytes) => changed(bytes, (copy) => (copy[batchAt(copy, 1) + 2]! ^= 1)),
      compacted,
      true,
    );
    await expect(contents(log)).rejects.toThrow(errorWith('CORRUPT_LOG'));
  });
});

it('S2 an index of the last segment that leads astray is no damage of the log', async () => {
  const under = await DiskUnderTest.start();
  const log = await under.open({ indexIntervalBytes: 100 });
  for (let offset = 0; offset < 20; offset += 1)
    await append(log, [`k${offset}=${'.'.repeat(80)}`], { timestampMs: timeMs + offset });
  await under.store.close();
  await under.disk.damage(index, (bytes) => changed(bytes, (copy) => (copy[copy.length - 1]! ^= 1)));
  await under.restart();
  const again = await under.open({ indexIntervalBytes: 100 });
  expect([again.state, again.logEndOffset]).toEqual(['open', 20]);
  expect(await contents(again)).toHaveLength(20);
});

it('S2 a base offset that has changed in the last segment of a compacted log removes nothing', async () => {
  const under = await DiskUnderTest.start();
  const log = await under.open({ cleanupPolicy: { delete: false, compact: true } });
  for (let offset = 0; offset < 6; offset += 1) await append(log, [`k${offset}=v`]);
  await under.store.close();
  const before = await under.disk.readFile(firstLogFile);
  await under.disk.damage(firstLogFile, (bytes) => changed(bytes, (copy) => (copy[batchAt(copy, 2) + 6]! ^= 0x20)));
  await under.restart();
  const again = await under.open({ cleanupPolicy: { delete: false, compact: true } });
  expect(again.state).toBe('quarantined');
  expect((await under.disk.readFile(firstLogFile)).length).toBe(before.length);
});

it('S2 a base offset that has changed where recovery goes on removes no segment behind it', async () => {
  const under = await DiskUnderTest.start();
  const log = await under.open(small);
  for (let offset = 0; offset < 5; offset += 1)
    await append(log, [`k${offset}=${'.'.repeat(80)}`], { timestampMs: timeMs + offset });
  await under.store.close();
  await under.restart();
  const again = await under.open(small);
  for (let offset = 5; offset < 15; offset += 1)
    await append(again, [`k${offset}=${'.'.repeat(80)}`], { timestampMs: timeMs + offset });
  const names = await under.names();
  const { position } = lastEntry(await under.disk.readFile(index));
  await under.disk.damage(firstLogFile, (bytes) => changed(bytes, (copy) => (copy[position + 5]! ^= 1)));
  await under.crash('none');
  expect((await under.open(small)).state).toBe('quarantined');
  const logs = (each: readonly string[]): string[] => each.filter((name) => name.endsWith('.log'));
  expect(logs(await under.names())).toEqual(logs(names));
});

function lastEntry(bytes: Buffer): { position: number } {
  return { position: bytes.readInt32BE(bytes.length - 4) };
}

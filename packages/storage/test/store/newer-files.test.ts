import type { StorageError } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { append, batch, errorWith } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

/** A log with each kind of file, on a disk that nobody has open. */
async function stopped(): Promise<DiskUnderTest> {
  const under = await DiskUnderTest.start();
  const log = await under.open({ dedupWindowMs: 60_000 });
  await append(log, ['one:a'], { producerId: 7 });
  await log.append(batch(['two:b']), { leaderEpoch: 1 }).durable;
  await under.store.close();
  return under;
}

async function change(under: DiskUnderTest, name: RegExp, newer: (bytes: Buffer) => Buffer): Promise<void> {
  for (const found of (await under.names()).filter((each) => name.test(each))) {
    const path = `/data/orders-0/${found}`;
    const bytes = newer(Buffer.from(await under.disk.readFile(path)));
    const file = await under.disk.open(path, 'write');
    await file.write([bytes], 0);
    await file.datasync();
  }
}

const inText =
  (from: string, to: string) =>
  (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1');
const inBytes = (bytes: Buffer): Buffer => {
  bytes.writeInt16BE(2, 0);
  return bytes;
};

describe('a file of a partition that a later release has written', () => {
  it.each([
    { name: /^partition\.metadata$/, newer: inText('version: 0', 'version: 1') },
    { name: /^leader-epoch-checkpoint$/, newer: inText('0\n', '1\n') },
    { name: /\.snapshot$/, newer: inBytes },
    { name: /\.message-ids$/, newer: inBytes },
  ])('S2 $name: refuses the partition, and is left as it is', async ({ name, newer }) => {
    const under = await stopped();
    await change(under, name, newer);
    const before = await under.names();
    expect(before.some((each) => name.test(each))).toBe(true);
    await under.reopen();
    const refused = (await under.open({ dedupWindowMs: 60_000 }).catch((error: unknown) => error)) as StorageError;
    expect(refused).toEqual(errorWith('UNSUPPORTED_FORMAT'));
    expect(refused.message).toContain('written by a newer q');
    expect(await under.names()).toEqual(before);
    await under.store.close();
  });

  it('S2 of another partition does not keep the others from being listed', async () => {
    const under = await stopped();
    await change(under, /^partition\.metadata$/, inText('version: 0', 'version: 1'));
    await under.reopen();
    await under.open({}, 1);
    expect((await under.store.list()).map(({ partition }) => partition)).toEqual([1]);
    expect(under.log.notes.map(({ message }) => message).join()).toContain('written by a newer q');
    await under.store.close();
  });
});

describe('the format of a data folder', () => {
  it('S2 is noted where it is not, and what says nothing is written anew', async () => {
    const under = await stopped();
    expect(String(await under.disk.readFile('/data/format'))).toBe('version: 1\n');
    const file = await under.disk.open('/data/format', 'write');
    await file.write([Buffer.from('xersion: 1\n')], 0);
    await under.reopen();
    expect(String(await under.disk.readFile('/data/format'))).toBe('version: 1\n');
    await under.store.close();
  });

  it('S2 a start on a full disk does without', async () => {
    const under = await stopped();
    await under.disk.removeFile('/data/format');
    under.disk.capacityBytes = 0;
    await under.reopen();
    expect(await under.disk.readDirectory('/data')).not.toContain('format');
    await under.store.close();
  });
});

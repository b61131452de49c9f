import { describe, expect, it } from 'vitest';
import { repairPartition } from '@q/storage';
import type { LogConfig, PartitionLog } from '@q/storage';
import { committed, markersOf, TransactionalProducer } from '../conformance/committed.ts';
import { append } from '../conformance/harness.ts';
import { batchPositions, DiskUnderTest, firstLogFile } from '../fixtures.ts';

const folder = '/data/orders-0';
const small: Partial<LogConfig> = { segmentBytes: 300, indexIntervalBytes: 1, durability: 'fsync' };
const compact: Partial<LogConfig> = {
  ...small,
  cleanupPolicy: { delete: false, compact: true },
  minCleanableDirtyRatio: 0,
  deleteRetentionMs: 0,
  fileDeleteDelayMs: 0,
};

async function writeSome(log: PartitionLog): Promise<void> {
  const [a, b] = [new TransactionalProducer(() => log, 10), new TransactionalProducer(() => log, 11)];
  for (let round = 0; round < 4; round += 1) {
    await a.write(`k${round}=aborted`.padEnd(80, '.'));
    await b.write(`k${round}=committed ${round}`.padEnd(80, '.'));
    await a.abort();
    await b.commit();
  }
  await a.write('k=open');
  await append(log, ['k=last'.padEnd(80, '.')]);
}

async function indexesOf(under: DiskUnderTest): Promise<string[]> {
  return (await under.disk.readDirectory(folder)).filter((name) => name.endsWith('.txnindex'));
}

describe('X1 S2 the index of aborted transactions', () => {
  it('X1 S2 is made again where it is damaged, and written anew', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open(small);
    await writeSome(log);
    const before = await committed(log);
    expect(before).toHaveLength(4);
    await under.store.close();
    const names = await indexesOf(under);
    expect(names.length).toBeGreaterThan(1);
    const file = await under.disk.open(`${folder}/${names[0]!}`, 'create');
    await file.truncate(20);
    await file.close();
    await under.reopen();
    const again = await under.open(small);
    expect(await committed(again)).toEqual(before);
    expect([...again.openTransactions()]).toMatchObject([{ producerId: 10, producerEpoch: 4 }]);
    expect(under.log.notes.filter(({ message }) => message.includes('index of transactions'))).toHaveLength(1);
    await under.store.close();
    await under.reopen();
    expect(await committed(await under.open(small))).toEqual(before);
    expect(under.log.notes.filter(({ message }) => message.includes('index of transactions'))).toHaveLength(1);
    expect(await indexesOf(under)).toEqual(names);
    await under.store.close();
  });

  it.each([
    ['a record', 0],
    ['the marker of an aborted transaction', 3],
  ])('X1 Q2 outlives a repair that takes %s out of its segment', async (_, damaged) => {
    const config = { ...small, segmentBytes: 1_000 };
    const under = await DiskUnderTest.start();
    const log = await under.open(config);
    await append(log, ['first']);
    await writeSome(log);
    const before = (await committed(log)).filter((text) => !text.includes('first'));
    await under.store.close();
    await under.disk.damage(firstLogFile, (bytes) => {
      bytes[batchPositions(bytes)[damaged]! + 50]! ^= 1;
      return bytes;
    });
    expect((await repairPartition(under.disk, folder)).losses).toMatchObject([
      { fromOffset: damaged, toOffset: damaged + 1 },
    ]);
    for (let start = 0; start < 2; start += 1) {
      await under.reopen();
      const found = await committed(await under.open(config));
      expect(found.filter((text) => !text.includes('first'))).toEqual(before);
      await under.store.close();
    }
  });

  it('X1 S2 is complete after a kill at any moment, before any checkpoint or after one', async () => {
    for (const isSaved of [false, true]) {
      const under = await DiskUnderTest.start();
      const log = await under.open(small);
      await writeSome(log);
      const before = await committed(log);
      if (isSaved) await under.store.maintain();
      await under.crash();
      const again = await under.open(small);
      expect(await committed(again)).toEqual(before);
      expect([...again.openTransactions()]).toMatchObject([{ producerId: 10, producerEpoch: 4 }]);
      await under.store.close();
    }
  });

  it('X1 S2 is written again where a killed process has not synced it, before anybody relies on it', async () => {
    const under = await DiskUnderTest.start({ limits: { checkpointBytes: 1, journalFiles: 0 } });
    const log = await under.open(small);
    await writeSome(log);
    const before = await committed(log);
    const hold = under.disk.hold('datasync', /txnindex$/);
    void under.store.maintain();
    await hold.reached;
    await under.kill();
    await under.open(small);
    await under.store.maintain();
    await under.crash('all');
    expect(await committed(await under.open(small))).toEqual(before);
    await under.store.close();
  });

  it.each(['all', 'none'] as const)(
    'X1 S2 S4 is right after a crash in each step of a swap that loses %s',
    async (loss) => {
      for (const at of [/\.log\.swap$/, /\.deleted$/, /\.log$/, /\.txnindex$/, /\.index$/]) {
        const under = await DiskUnderTest.start();
        const log = await under.open(compact);
        await writeSome(log);
        const open = new TransactionalProducer(() => log, 10);
        open.epoch = 4;
        await open.abort();
        for (let i = 0; i < 3; i += 1) await append(log, [`filler ${i}=`.padEnd(200, 'x')]);
        const before = await committed(log);
        const hold = under.disk.hold(at.source.includes('index') ? 'write' : 'rename', at);
        const maintaining = under.store.maintain();
        await Promise.race([hold.reached, maintaining]);
        await under.crash(loss);
        const again = await under.open(compact);
        expect(await committed(again), String(at)).toEqual(before);
        await under.store.maintain();
        await under.store.maintain();
        expect(await committed(again), String(at)).toEqual(before);
        expect((await markersOf(again)).length).toBeLessThan(9);
        await under.store.close();
      }
    },
  );
});

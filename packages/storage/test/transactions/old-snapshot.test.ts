import { expect, it } from 'vitest';
import { TransactionalProducer } from '../conformance/committed.ts';
import { append } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

const folder = '/data/orders-0';
const config = { segmentBytes: 300, indexIntervalBytes: 1, fileDeleteDelayMs: 0, durability: 'fsync' } as const;

it('X1 what an old snapshot has open is over where the log begins behind it', async () => {
  const under = await DiskUnderTest.start();
  let log = await under.open(config);
  const producer = new TransactionalProducer(() => log, 10);
  await producer.write('a');
  await under.store.close();
  const old = (await under.names()).find((name) => name.endsWith('.snapshot'))!;
  const bytes = await under.disk.readFile(`${folder}/${old}`);
  await under.reopen();
  log = await under.open(config);
  await producer.commit();
  for (let i = 0; i < 6; i += 1) await append(log, [`${i}`.padEnd(200, '.')]);
  await log.deleteBefore(5);
  await under.store.maintain();
  await under.store.close();
  // As after a crash that came before anything newer was saved.
  for (const name of await under.names())
    if (name.endsWith('.snapshot')) await under.disk.removeFile(`${folder}/${name}`);
  const file = await under.disk.open(`${folder}/${old}`, 'create');
  await file.write([bytes], 0);
  await under.disk.syncDirectory(folder);
  await under.reopen();
  log = await under.open(config);
  expect(log.logStartOffset).toBe(5);
  expect([...log.openTransactions()]).toEqual([]);
  expect(log.lastStableOffset).toBe(log.highWatermark);
  await under.store.close();
});

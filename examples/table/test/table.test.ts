import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect, topic } from '@q/client';
import type { Q } from '@q/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Table } from '../src/table.ts';

const run = promisify(execFile);
const Stock = topic('stock', { key: z.string(), value: z.number().int(), tombstones: true });

let broker: Broker;
let q: Q;

beforeEach(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  q = await connect(broker.url);
});

afterEach(async () => {
  await q.close();
  await broker.close();
});

describe('a table', () => {
  it('makes its topic, compacted, and is empty at first', async () => {
    await using stock = await Table.open(q, Stock);
    expect(stock.size).toBe(0);
    const { configs } = await q.admin.describeTopic('stock');
    expect(configs.find(({ key }) => key === 'cleanup.policy')?.value).toBe('compact');
  });

  it('is full when it is open, of several partitions, without what was deleted', async () => {
    await q.admin.createTopic('stock', { partitions: 3, config: { 'cleanup.policy': 'compact' } });
    const items = Array.from({ length: 500 }, (_, index) => `item-${index}`);
    const producer = q.producer();
    await producer.sendBatch(
      Stock,
      items.map((key, index) => ({ key, value: index })),
    );
    await producer.sendBatch(
      Stock,
      items.slice(0, 100).map((key) => ({ key, value: null })),
    );
    await producer.send(Stock, { key: 'item-499', value: 7 });

    await using stock = await Table.open(q, Stock);
    expect(stock.size).toBe(400);
    expect([stock.get('item-99'), stock.get('item-100'), stock.get('item-499')]).toEqual([undefined, 100, 7]);
  });

  it('shows what it has set and deleted', async () => {
    await using stock = await Table.open(q, Stock);
    await Promise.all([stock.set('lamp', 1), stock.set('chair', 2), stock.set('lamp', 3)]);
    expect(new Map(stock.entries())).toEqual(
      new Map([
        ['chair', 2],
        ['lamp', 3],
      ]),
    );
    await stock.delete('lamp');
    expect([...stock.entries()]).toEqual([['chair', 2]]);
  });

  it('follows what others set', async () => {
    await q.admin.createTopic('stock', { partitions: 1, config: { 'cleanup.policy': 'compact' } });
    await using other = await Table.open(q, Stock);
    await using stock = await Table.open(q, Stock);
    await other.set('lamp', 1);
    await stock.set('chair', 2); // seen here, and so is what came before it in the partition
    expect(stock.get('lamp')).toBe(1);
  });

  it('refuses a row that does not match its schema, and goes on', async () => {
    await using stock = await Table.open(q, Stock);
    await expect(stock.set('lamp', 1.5)).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
    await stock.set('lamp', 1);
    expect(stock.get('lamp')).toBe(1);
  });

  it('tells when it cannot follow any more', async () => {
    const stock = await Table.open(q, Stock);
    const wrong = q.producer().send('stock', { key: 'lamp', value: '"many"' });
    await expect(stock.closed).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
    await wrong;
  });

  it('is closed when its block ends, and leaves the client open', async () => {
    const stock = await Table.open(q, Stock);
    await stock[Symbol.asyncDispose]();
    await stock.closed;
    await expect(stock.set('lamp', 1)).rejects.toMatchObject({ code: 'CLOSED' });
    await q.admin.ping();
  });
});

// Two processes, which take long to start on a machine with much else to do.
it('the program finds its prices again', { timeout: 60_000 }, async () => {
  const file = fileURLToPath(new URL('../src/prices.ts', import.meta.url));
  const print = async (): Promise<string[]> => {
    const { stdout } = await run(process.execPath, [file, broker.url]);
    return stdout.trim().split('\n');
  };
  expect(await print()).toEqual(['0 prices, a lamp costs nothing yet', 'a lamp costs 4900, a chair is not sold']);
  expect(await print()).toEqual(['1 prices, a lamp costs 4900', 'a lamp costs 5000, a chair is not sold']);
});

import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { describe, expect, it } from 'vitest';
import { acknowledged, dataFolder, releases } from './fixture-files.ts';
import type { StoredRecord } from './fixture-files.ts';

const states = releases.flatMap((release) => [[release, 'clean'] as const, [release, 'killed'] as const]);

function start(dataDir: string): Promise<Broker> {
  return startBroker({ dataDir, port: 0, admin: false });
}

async function readAll(q: Q, topic: string): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  for await (const { partition, offset, key, value, headers, timestampMs } of q.consumer(topic, {
    from: 'earliest',
    stopAtEnd: true,
  })) {
    const texts = Object.fromEntries(headers.map((header) => [header.key, String(header.value)]));
    found.push({
      partition,
      offset,
      key: String(key),
      value: value === null ? '' : String(value),
      headers: texts,
      timestampMs,
    });
  }
  return found;
}

function byPlace(left: StoredRecord, right: StoredRecord): number {
  return left.partition - right.partition || left.offset - right.offset;
}

describe.each(states)('a data folder of %s, %s', (release, state) => {
  it('S2 B2 is served by this broker: every record, every commit, and what comes after', async () => {
    const dataDir = await dataFolder(release, state);
    const { orders, table, committed } = await acknowledged(release);
    // The time of the one record that the broker stamped differs between the two folders.
    const comparable = (records: readonly StoredRecord[]): object[] =>
      records.toSorted(byPlace).map(({ headers = {}, timestampMs, ...record }) => ({
        ...record,
        headers,
        timestampMs: record.key === 'id' ? 0 : timestampMs,
      }));
    for (const round of [0, 1]) {
      await using broker = await start(dataDir);
      await using q = await connect(broker.url);
      const found = await readAll(q, 'orders');
      expect(found).toHaveLength(orders.length + round);
      expect(comparable(found.filter(({ key }) => key !== 'new'))).toEqual(comparable(orders));
      const latest = Object.fromEntries((await readAll(q, 'table')).map(({ key, value }) => [key, value]));
      expect(latest).toEqual(Object.fromEntries(Object.entries(table).map(([key, value]) => [key, value ?? ''])));
      const { partitions } = await q.admin.describeGroup('billing');
      expect(
        Object.fromEntries(partitions.map(({ partition, committedOffset }) => [partition, committedOffset])),
      ).toEqual(committed);
      if (round > 0) continue;
      await using producer = q.producer();
      const before = Math.max(...orders.filter(({ partition }) => partition === 1).map(({ offset }) => offset));
      expect(await producer.send('orders', { key: 'new', value: 'x', partition: 1 })).toMatchObject({
        partition: 1,
        offset: before + 1,
      });
    }
  });
});

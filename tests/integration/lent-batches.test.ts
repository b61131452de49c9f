import { TcpProxy } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import type { BatchesOptions, Q } from '@q/client';
import { Scene } from './scene.ts';

const records = 12_000;
const topic = 'orders';

function valueOf(index: number): string {
  return `${index}:`.padEnd(1_500, String.fromCodePoint(97 + (index % 26)));
}

async function fill(
  q: Q,
  { compression, partitions = 3 }: { compression?: 'lz4'; partitions?: number } = {},
): Promise<void> {
  await q.admin.createTopic(topic, { partitions, config: { durability: 'os' } });
  const producer = q.producer(compression === undefined ? {} : { compression });
  for (let index = 0; index < records; index += 1)
    if (!producer.enqueue(topic, { value: valueOf(index) })) await producer.ready();
  await producer.close();
}

interface Reading {
  /** Values that were whole and in their place while their batch was in hand. */
  right: number;
  /** One value of each batch, looked at when all is read. */
  readonly kept: Buffer[];
}

async function read(q: Q, options: BatchesOptions): Promise<Reading> {
  const reading: Reading = { right: 0, kept: [] };
  const next = new Map<number, number>();
  for await (const { partition, records: all } of q
    .consumer(topic, { from: 'earliest', stopAtEnd: true })
    .batches(options)) {
    let first: Buffer | null = null;
    for (const { offset, value } of all) {
      const text = value?.toString() ?? '';
      if (text === valueOf(Number.parseInt(text, 10)) && offset === (next.get(partition) ?? 0)) reading.right += 1;
      next.set(partition, offset + 1);
      first ??= value;
    }
    // A handler that takes its time: more is fetched meanwhile.
    await new Promise((resolve) => setImmediate(resolve));
    if (first !== null) reading.kept.push(first);
  }
  return reading;
}

describe('batches that are lent', () => {
  it('C2 are whole while they are in hand, and empty afterwards; those of others beside them stay', async () => {
    await using scene = await Scene.start({});
    await fill(scene.q);
    // All in one client: its connection, and the memory of its frames, are shared.
    const [lent, own, alsoLent] = (await Promise.all(
      [{ lend: true }, {}, { lend: true }].map((options) => read(scene.q, options)),
    )) as [Reading, Reading, Reading];
    expect([lent.right, own.right, alsoLent.right]).toEqual([records, records, records]);
    for (const { kept } of [lent, alsoLent]) {
      expect(kept.length).toBeGreaterThan(10);
      expect(kept.filter(({ length }) => length === 0).length).toBeGreaterThan(kept.length / 2);
      // What is not empty is what it was: never another record's bytes.
      for (const value of kept)
        if (value.length > 0) expect(value.toString()).toBe(valueOf(Number.parseInt(value.toString(), 10)));
    }
    for (const value of own.kept) expect(value.toString()).toBe(valueOf(Number.parseInt(value.toString(), 10)));
  }, 60_000);

  it('C2 W3 are whole also when the connection is cut again and again, and the reader moves about', async () => {
    await using scene = await Scene.start({});
    await fill(scene.q);
    const proxy = await TcpProxy.start({ host: '127.0.0.1', port: scene.broker.port });
    const q = await scene.connect(`q://${proxy.address}`, { requestTimeoutMs: 2_000 });
    const consumer = q.consumer(topic, { from: 'earliest' });
    const seen = new Map<number, Set<number>>();
    let [batches, wrong] = [0, 0];
    for await (const { partition, baseOffset, records: all } of consumer.batches({ lend: true })) {
      const offsets = seen.get(partition) ?? new Set();
      seen.set(partition, offsets);
      batches += 1;
      // In the middle of its records, too: what is in hand does not depend on the connection it came by.
      let index = 0;
      for (const { offset, value } of all) {
        if (index === 5 && batches % 4 === 0) proxy.cut();
        const text = value?.toString() ?? '';
        if (text !== valueOf(Number.parseInt(text, 10))) wrong += 1;
        offsets.add(offset);
        index += 1;
      }
      if (batches % 7 === 3) await consumer.seek({ partition, offset: baseOffset });
      if ([...seen.values()].reduce((sum, { size }) => sum + size, 0) >= records || batches > 2_000) break;
    }
    expect(wrong).toBe(0);
    expect([...seen.values()].reduce((sum, { size }) => sum + size, 0)).toBe(records);
    expect(proxy.accepted).toBeGreaterThan(4);
    await q.close();
    await proxy.close();
  }, 60_000);

  it('C2 G2 C4 members of a group are lent them, too, and may acknowledge them later', async () => {
    await using scene = await Scene.start({});
    await fill(scene.q);
    const consumer = scene.q.consumer(topic, { group: 'billing', from: 'earliest' });
    const acks: (() => void)[] = [];
    let right = 0;
    for await (const batch of consumer.batches({ lend: true })) {
      for (const { value } of batch.records) {
        const text = value?.toString() ?? '';
        if (text === valueOf(Number.parseInt(text, 10))) right += 1;
      }
      acks.push(() => batch.ack());
      if (acks.length > 2) acks.shift()?.();
      if (right >= records) break;
    }
    expect(right).toBe(records);
    await consumer.close();
  }, 60_000);

  it('C2 the last one of a loop that was left stays', async () => {
    await using scene = await Scene.start({});
    // A frame for each batch: it is free as soon as its batch is.
    await fill(scene.q, { partitions: 1 });
    const consumer = scene.q.consumer(topic, { from: 'earliest' });
    let value: Buffer | null = null;
    let batches = 0;
    // Not the first ones: the memory of a frame is lent once its sender is known to send such large ones.
    for await (const batch of consumer.batches({ lend: true })) {
      for (const record of batch.records) value = record.value;
      if ((batches += 1) === 5) break;
    }
    for await (const _ of consumer.batches({ lend: true })) if ((batches += 1) === 10) break;
    const text = String(value);
    expect(text).toBe(valueOf(Number.parseInt(text, 10)));
  }, 60_000);

  it('C2 P3 may be compressed: what was decompressed stays', async () => {
    await using scene = await Scene.start({});
    await fill(scene.q, { compression: 'lz4' });
    const { right, kept } = await read(scene.q, { lend: true });
    expect(right).toBe(records);
    for (const value of kept) expect(value.toString()).toBe(valueOf(Number.parseInt(value.toString(), 10)));
  }, 60_000);

  it('U4 says what it does not know', async () => {
    await using scene = await Scene.start({});
    const consumer = scene.q.consumer(topic);
    expect(() => consumer.batches({ lent: true } as BatchesOptions)).toThrow(
      'batches has no option "lent"; it knows lend',
    );
    expect(() => consumer.batches({ lend: 1 } as unknown as BatchesOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
  });
});

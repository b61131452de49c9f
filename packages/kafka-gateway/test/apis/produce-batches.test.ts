/**
 * What Kafka 4.3.1 was seen to take and to refuse of the batches that clients send: each row of what a door built from
 * memory gets wrong.
 */
import { compress, encodeBatch } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import type { TopicConfig } from '@q/client';
import { produce } from '../../src/messages/produce.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { nativeClient, readNatively } from '../native.ts';
import { batchAt, batchOf, changed, sending, sendOne, stamped } from '../producing.ts';

const orders = { name: 'orders' };
const hourMs = 3_600_000;

async function setUp(config: Record<string, string | number> = {}) {
  const { broker, kafkaPort } = await kafkaBroker();
  const q = await nativeClient(broker);
  await q.admin.createTopic('orders', { config });
  return { q, client: await RawClient.connect(kafkaPort) };
}

describe('batches as clients send them', () => {
  it.each([
    ['kafkajs and platformatic', { id: -1, epoch: 0, sequence: 0 }],
    ['sarama', { id: -1, epoch: -1, sequence: 0 }],
    ['librdkafka', { id: -1, epoch: -1, sequence: -1 }],
  ])('B1 pass without idempotence: %s', async (_client, stamp) => {
    const { client, q } = await setUp();
    for (const leaderEpoch of [0, -1]) {
      const batch = stamped(batchOf('a'), stamp);
      batch.writeInt32BE(leaderEpoch, batchAt.leaderEpoch);
      expect(await sendOne(client, orders, batch)).toMatchObject({ errorCode: 0 });
    }
    expect(await readNatively(q, 'orders', 2)).toHaveLength(2);
  });

  it('B1 get a greatest timestamp that is true, and a CRC for it', async () => {
    const { client, q } = await setUp();
    const timestampMs = Date.now();
    const wrong = changed(encodeBatch([{ value: 'a', timestampMs }]), (batch) =>
      batch.writeBigInt64BE(BigInt(timestampMs - 5), batchAt.maxTimestamp),
    );
    expect(await sendOne(client, orders, wrong)).toMatchObject({ errorCode: 0 });
    // The consumer checks the CRC.
    const [message] = await readNatively(q, 'orders', 1);
    expect(message!.timestampMs).toBe(timestampMs);
  });

  it('B1 may become larger than max.message.bytes when they are decompressed, and so may their records', async () => {
    const { client, q } = await setUp({ 'max.message.bytes': 20_000 });
    const batch = encodeBatch([{ value: Buffer.alloc(100_000), timestampMs: Date.now() }], { codec: 'gzip' });
    expect(batch.length).toBeLessThan(20_000);
    expect(await sendOne(client, orders, batch)).toMatchObject({ errorCode: 0 });
    const [message] = await readNatively(q, 'orders', 1);
    expect(message!.value!.length).toBe(100_000);
  });

  it('B1 of an idempotent producer are stored once, in sequence', async () => {
    const { client, q } = await setUp();
    const send = async (text: string, sequence: number, epoch = 3) =>
      await sendOne(client, orders, stamped(batchOf(text), { id: 900, epoch, sequence }));
    // Nobody has given out that id, and nothing of it was seen: it begins wherever it says.
    expect(await send('a', 7)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(await send('b', 8)).toMatchObject({ errorCode: 0, baseOffset: 1 });
    expect(await send('a', 7)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(await send('d', 10)).toMatchObject({ errorCode: 45, baseOffset: -1 });
    expect(await send('c', 9, 2)).toMatchObject({ errorCode: 47, baseOffset: -1 });
    expect(await send('c', 9)).toMatchObject({ errorCode: 0, baseOffset: 2 });
    expect((await q.admin.describeTopic('orders')).messages).toBe(3);
  });

  it('B1 of an idempotent producer pass with one ack, too, and a duplicate has no append time of its own', async () => {
    const { client } = await setUp();
    // Kafka 4.3.1 and 4.4.0 tell a duplicate with an append time
    // though the topic keeps the times of records: ours does not.
    for (let round = 0; round < 2; round += 1) {
      const batch = stamped(batchOf('a'), { id: 900, epoch: 0, sequence: 0 });
      const { responses } = await client.ask(produce, 11, sending(orders, [batch], { acks: 1 }));
      expect(responses[0]!.partitionResponses).toMatchObject([{ errorCode: 0, baseOffset: 0, logAppendTimeMs: -1 }]);
    }
  });

  it('B1 are stamped where the topic wants append times, and the answer has the time', async () => {
    const { client } = await setUp({ 'message.timestamp.type': 'LogAppendTime' });
    const before = Date.now();
    const { errorCode, logAppendTimeMs } = await sendOne(client, orders, batchOf('a'));
    expect(errorCode).toBe(0);
    expect(logAppendTimeMs).toBeGreaterThanOrEqual(before);
  });
});

describe('batches that are refused', () => {
  const cases: [string, number, () => Buffer | null, { config?: TopicConfig; version?: number }?][] = [
    ['no records', 87, () => null],
    ['empty records', 87, () => Buffer.alloc(0)],
    ['a few bytes', 87, () => Buffer.alloc(11)],
    ['a length that cannot be', 2, () => Buffer.alloc(40)],
    ['a batch that is cut off', 87, () => batchOf('abc').subarray(0, 70)],
    ['two batches', 87, () => Buffer.concat([batchOf('a'), batchOf('b')])],
    ['bytes behind a batch', 87, () => Buffer.concat([batchOf('a'), Buffer.alloc(5)])],
    ['a base offset', 87, () => changed(batchOf('a'), (batch) => batch.writeBigInt64BE(3n, batchAt.baseOffset))],
    ['a base offset beyond 2^53', 87, () => changed(batchOf('a'), (batch) => batch.writeBigInt64BE(2n ** 60n, 0))],
    ['a CRC that is wrong', 2, () => flipped(batchOf('a'), batchAt.crc)],
    ['message format 0', 87, () => withMagic(batchOf('a'), 0)],
    ['message format 1', 87, () => withMagic(batchOf('a'), 1)],
    ['message format 3', 2, () => withMagic(batchOf('a'), 3)],
    ['message format -1', 2, () => withMagic(batchOf('a'), -1)],
    ['a control batch', 87, () => withAttributes(batchOf('a'), 0x20)],
    ['a transactional batch', 49, () => withAttributes(stamped(batchOf('a'), { id: 1, epoch: 0, sequence: 0 }), 0x10)],
    ['an append time', 32, () => withAttributes(batchOf('a'), 0x08)],
    ['counts that differ', 87, () => changed(batchOf('a'), (batch) => batch.writeInt32BE(1, batchAt.lastOffsetDelta))],
    ['a producer without sequence', 87, () => stamped(batchOf('a'), { id: 1, epoch: 0, sequence: -1 })],
    ['a codec that is not there', 76, () => withAttributes(batchOf('a'), 5)],
    ['zstd before version 7', 76, () => packed(), { version: 6 }],
    ['a batch that is too large', 10, () => batchOf('x'.repeat(2_000)), { config: { 'max.message.bytes': 1_000 } }],
    ['what becomes too large', 10, () => bomb()],
    ['a time an hour ahead', 32, () => encodeBatch([{ value: 'a', timestampMs: Date.now() + hourMs + 60_000 }])],
  ];

  it.each(cases)('B1 %s: %i', async (_what, code, make, { config = {}, version = 11 } = {}) => {
    const { client, q } = await setUp(config as Record<string, string>);
    const answer = await sendOne(client, orders, make(), { version });
    expect(answer).toMatchObject({ errorCode: code, baseOffset: -1, logAppendTimeMs: -1 });
    // The connection and the partition go on.
    expect(await sendOne(client, orders, batchOf('next'))).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(await readNatively(q, 'orders', 1)).toHaveLength(1);
  });

  it('B1 the record that has no key on a compacted topic is named', async () => {
    const { client } = await setUp({ 'cleanup.policy': 'compact' });
    const times = { timestampMs: Date.now() };
    const batch = encodeBatch([
      { key: 'k', value: 'a', ...times },
      { value: 'b', ...times },
    ]);
    const answer = await sendOne(client, orders, batch);
    expect(answer.errorCode).toBe(87);
    expect(answer.recordErrors).toEqual([{ batchIndex: 1, batchIndexErrorMessage: answer.errorMessage }]);
    expect(answer.errorMessage).toContain('no key');
    expect((await sendOne(client, orders, batchOf('c'))).errorCode).toBe(0);
  });

  it('B1 zstd passes from version 7 on', async () => {
    const { client } = await setUp();
    expect((await sendOne(client, orders, packed(), { version: 7 })).errorCode).toBe(0);
  });

  it('B1 linked lz4 blocks are refused, which would stop every Java consumer', async () => {
    const { client } = await setUp();
    const answer = await sendOne(client, orders, linked(batchOf('a')));
    expect(answer.errorCode).toBe(87);
    expect(answer.errorMessage).toContain('linked');
  });

  it('B1 a topic of the broker takes no records', async () => {
    const { client } = await setUp();
    const { responses } = await client.ask(produce, 11, sending({ name: '__metadata' }, [batchOf('a')]));
    expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(17);
  });
});

function flipped(batch: Buffer, at: number): Buffer {
  batch[at]! ^= 1;
  return batch;
}

function withMagic(batch: Buffer, magic: number): Buffer {
  batch.writeInt8(magic, batchAt.magic);
  return batch;
}

function withAttributes(batch: Buffer, attributes: number): Buffer {
  return changed(batch, () => batch.writeInt16BE(attributes, batchAt.attributes));
}

function packed(): Buffer {
  return encodeBatch([{ value: 'abc'.repeat(1_000), timestampMs: Date.now() }], { codec: 'zstd' });
}

/** Its records in one block that is stored as it is, in a frame that says that blocks refer to each other. */
function linked(batch: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(batch.length - batchAt.records + 0x8000_0000);
  const head = Buffer.from('04224d184040c0', 'hex');
  const made = Buffer.concat([
    batch.subarray(0, batchAt.records),
    head,
    size,
    batch.subarray(batchAt.records),
    Buffer.alloc(4),
  ]);
  made.writeInt32BE(made.length - 12, 8);
  return withAttributes(made, 3);
}

/** A few kilobytes that become more than 64 MiB. */
function bomb(): Buffer {
  const batch = encodeBatch([{ value: 'a', timestampMs: Date.now() }], { codec: 'gzip' });
  const section = compress('gzip', Buffer.alloc((64 << 20) + 1));
  const bombed = Buffer.concat([batch.subarray(0, batchAt.records), section]);
  bombed.writeInt32BE(bombed.length - 12, 8);
  return changed(bombed, () => undefined);
}

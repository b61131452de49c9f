import { describe, expect, it } from 'vitest';
import { WireConnection } from '../wire-connection.ts';
import { partitionOfKey } from '@q/client';
import { encodeBatch, errorCode, InitProducer, messageIdHeader } from '@q/protocol';
import { readAll, readValues, Scene } from './scene.ts';

describe('message ids', () => {
  it('P4 stores a message once within the window, and answers with its first place, also after a restart', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('payments', { partitions: 1, config: { 'dedup.window.ms': '3600000' } });
    await using producer = scene.q.producer();
    const first = await producer.send('payments', { value: 'pay 1', messageId: 'payment-1' });
    expect(first).toMatchObject({ offset: 0, duplicate: false });
    expect(await producer.send('payments', { value: 'pay 2', messageId: 'payment-2' })).toMatchObject({
      offset: 1,
      duplicate: false,
    });
    expect(await producer.send('payments', { value: 'pay 1 again', messageId: 'payment-1' })).toMatchObject({
      offset: 0,
      duplicate: true,
    });
    await scene.restart();
    await using later = scene.q.producer();
    expect(await later.send('payments', { value: 'pay 1 again', messageId: 'payment-1' })).toMatchObject({
      offset: 0,
      duplicate: true,
    });
    expect(await readValues(scene.q, 'payments')).toEqual(['pay 1', 'pay 2']);
  });

  it('P4 without a key, the id chooses the partition: what is sent again is known, by another producer too', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('spread', { partitions: 16, config: { 'dedup.window.ms': '3600000' } });
    const ids = Array.from({ length: 40 }, (_, index) => `payment-${index}`);
    const partitions = new Set<number>();
    for (const again of [false, true]) {
      await using producer = scene.q.producer();
      for (const messageId of ids) {
        const sent = await producer.send('spread', { value: messageId, messageId });
        expect(sent).toMatchObject({ partition: partitionOfKey(messageId, 16), duplicate: again });
        partitions.add(sent.partition);
      }
    }
    expect(partitions.size).toBeGreaterThan(8);
  });

  it('P4 of a batch with some repeats, sent by another client, the new records are where the answer says, and the repeats nowhere else', async () => {
    await using scene = await Scene.start();
    await using wire = await WireConnection.open(scene.broker.url);
    const to = await wire.createTopic('mixed', { 'dedup.window.ms': '3600000' });
    const batch = (...ids: string[]): Buffer =>
      encodeBatch(
        ids.map((id) => ({
          value: id,
          headers: [{ key: messageIdHeader, value: Buffer.from(id) }],
          timestampMs: Date.now(),
        })),
      );
    expect(await wire.produce(to, batch('a', 'b', 'c'))).toMatchObject({ baseOffset: 0, duplicate: false });
    expect(await wire.produce(to, batch('d', 'b', 'e'))).toMatchObject({
      errorCode: 0,
      baseOffset: 3,
      duplicate: false,
    });
    // Of repeats alone, the answer is about the first record.
    expect(await wire.produce(to, batch('e', 'a'))).toMatchObject({ errorCode: 0, baseOffset: 5, duplicate: true });
    const read = (await readAll(scene.q, 'mixed')).map(({ offset, value }) => `${offset} ${value}`);
    expect(read).toEqual(['0 a', '1 b', '2 c', '3 d', '5 e']);
  });

  it.each(['none', 'gzip', 'lz4', 'zstd'] as const)(
    'P4 W3 a large batch with some repeats (%s) is taken apart without holding up others, to the same end',
    async (codec) => {
      await using scene = await Scene.start();
      await using wire = await WireConnection.open(scene.broker.url);
      const to = await wire.createTopic('large', { 'dedup.window.ms': '3600000', 'max.message.bytes': '16000000' });
      const batch = (from: number, count: number): Buffer => {
        const ids = Array.from({ length: count }, (_, index) => `id-${from + index}`);
        const records = ids.map((id) => ({
          value: id.padEnd(200),
          headers: [{ key: messageIdHeader, value: Buffer.from(id) }],
          timestampMs: Date.now(),
        }));
        return encodeBatch(records, { codec });
      };
      await wire.produce(to, batch(0, 10));
      expect(await wire.produce(to, batch(5, 20_000))).toMatchObject({
        errorCode: 0,
        baseOffset: 10,
        duplicate: false,
      });
      expect(await wire.produce(to, batch(5, 20_000))).toMatchObject({ errorCode: 0, baseOffset: 5, duplicate: true });
      const read = await readAll(scene.q, 'large');
      expect(read.map(({ value }) => value?.trim())).toEqual(
        Array.from({ length: 20_005 }, (_, index) => `id-${index}`),
      );
      expect(read[10]?.offset).toBe(15);
      expect(await wire.produce(to, batch(50_000, 20_001))).toMatchObject({ errorCode: errorCode('BATCH_TOO_LARGE') });
    },
  );

  it('P4 stores what carries no id, or comes without a window, as often as it is sent', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('windowed', { partitions: 1, config: { 'dedup.window.ms': '3600000' } });
    await scene.q.admin.createTopic('plain', { partitions: 1 });
    await using producer = scene.q.producer();
    for (let time = 0; time < 2; time += 1) {
      await producer.send('windowed', { value: 'no id' });
      await producer.send('plain', { value: 'with id', messageId: 'same' });
    }
    expect(await readValues(scene.q, 'windowed')).toEqual(['no id', 'no id']);
    expect(await readValues(scene.q, 'plain')).toEqual(['with id', 'with id']);
  });
});

describe('batches of an idempotent producer', () => {
  it('P4 a resent batch gets its first offset, a gap and a stale epoch are refused, and nothing more is stored', async () => {
    await using scene = await Scene.start();
    await using wire = await WireConnection.open(scene.broker.url);
    const to = await wire.createTopic('numbered');
    const { producerId, producerEpoch } = await wire.call(InitProducer, {
      producerId: -1,
      producerEpoch: -1,
      transactionalId: null,
      transactionTimeoutMs: -1,
    });
    const batch = (baseSequence: number, epoch = producerEpoch): Buffer =>
      encodeBatch([{ value: Buffer.from(`sequence ${baseSequence}`) }], {
        producerId,
        producerEpoch: epoch,
        baseSequence,
        timestampMs: Date.now(),
      });

    expect(await wire.produce(to, batch(0))).toMatchObject({ errorCode: 0, baseOffset: 0, duplicate: false });
    expect(await wire.produce(to, batch(1))).toMatchObject({ errorCode: 0, baseOffset: 1, duplicate: false });
    expect(await wire.produce(to, batch(0))).toMatchObject({ errorCode: 0, baseOffset: 0, duplicate: true });
    const gap = await wire.produce(to, batch(3));
    expect(gap.errorMessage).not.toBeNull();
    const next = await wire.call(InitProducer, {
      producerId,
      producerEpoch,
      transactionalId: null,
      transactionTimeoutMs: -1,
    });
    expect(next).toEqual({ producerId, producerEpoch: producerEpoch + 1 });
    expect(await wire.produce(to, batch(0, next.producerEpoch))).toMatchObject({ errorCode: 0, baseOffset: 2 });
    const stale = await wire.produce(to, batch(2));
    expect(stale.errorMessage).not.toBeNull();
    expect(stale.errorCode).not.toBe(gap.errorCode);
    expect(await readValues(scene.q, 'numbered')).toEqual(['sequence 0', 'sequence 1', 'sequence 0']);
  });
});

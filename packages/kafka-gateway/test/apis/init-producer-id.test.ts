import { describe, expect, it } from 'vitest';
import { initProducerId } from '../../src/messages/init-producer-id.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

const plain = { transactionalId: null, transactionTimeoutMs: 0x7fff_ffff };

describe('InitProducerId', () => {
  it('B1 gives each producer an id of its own, in every version', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const ids = new Set<number>();
    for (let version = 0; version <= 5; version += 1) {
      const { errorCode, producerId, producerEpoch } = await client.ask(initProducerId, version, plain);
      expect({ errorCode, producerEpoch }).toEqual({ errorCode: 0, producerEpoch: 0 });
      ids.add(producerId);
    }
    expect(ids.size).toBe(6);
  });

  // Kafka 4.4.0, versions 3 to 5, seen on the wire 2026-11-30: a new id, epoch 0; half an identity is 42.
  it('B1 gives a new id whatever id and epoch a producer names', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const { producerId } = await client.ask(initProducerId, 5, plain);
    // Id 0 with epoch 0 is what @platformatic/kafka 2.12 sends when it has none.
    const named = [
      { producerId, producerEpoch: 3 },
      { producerId: 2 ** 40, producerEpoch: 1 },
      { producerId: 0, producerEpoch: 0 },
    ];
    const ids = new Set([producerId]);
    for (const each of [...named, ...named]) {
      const answer = await client.ask(initProducerId, 5, { ...plain, ...each });
      expect(answer).toMatchObject({ errorCode: 0, producerEpoch: 0 });
      ids.add(answer.producerId);
    }
    expect(ids.size).toBe(7);
  });

  it('B1 refuses half an identity', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    for (const half of [{ producerId: 5 }, { producerEpoch: 5 }]) {
      const answer = await client.ask(initProducerId, 4, { ...plain, ...half });
      expect(answer).toMatchObject({ errorCode: 42, producerId: -1, producerEpoch: -1 });
    }
  });

  it('X1 gives a transactional id a producer, in every version, and the next epoch to whoever asks again', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const asked = { transactionalId: 'payments', transactionTimeoutMs: 60_000 };
    const first = await client.ask(initProducerId, 0, asked);
    expect(first).toMatchObject({ errorCode: 0, producerEpoch: 0 });
    for (let version = 1; version <= 5; version += 1) {
      const { producerId } = first;
      expect(await client.ask(initProducerId, version, asked)).toMatchObject({
        errorCode: 0,
        producerId,
        producerEpoch: version,
      });
    }
  });

  // @platformatic/kafka 2.12.1 names id 0 and epoch 0 where it has none. To take that at its word would fence it.
  it('X1 takes id 0 and epoch 0 for nobody, unless the id is that of the transactional id', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const blank = { transactionTimeoutMs: 60_000, producerId: 0, producerEpoch: 0 };
    const ask = (transactionalId: string) => client.ask(initProducerId, 5, { transactionalId, ...blank });
    expect(await ask('first')).toMatchObject({ errorCode: 0, producerId: 0, producerEpoch: 0 });
    expect(await ask('second')).toMatchObject({ errorCode: 0, producerId: 1, producerEpoch: 0 });
    expect(await ask('second')).toMatchObject({ errorCode: 0, producerId: 1, producerEpoch: 1 });
    expect(await ask('first')).toMatchObject({ errorCode: 0, producerEpoch: 1 });
    expect(
      await client.ask(initProducerId, 5, { transactionalId: 'first', transactionTimeoutMs: 60_000 }),
    ).toMatchObject({
      producerEpoch: 2,
    });
    expect(await ask('first')).toMatchObject({ errorCode: 90 });
  });

  // Kafka 4.4.0: transaction.timeout.ms 900000 is taken, 900001 is not (error 50).
  it('X1 refuses a time that is longer than a transaction may take', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const ask = (transactionTimeoutMs: number) =>
      client.ask(initProducerId, 5, { transactionalId: 'payments', transactionTimeoutMs });
    expect(await ask(900_000)).toMatchObject({ errorCode: 0 });
    expect(await ask(900_001)).toMatchObject({ errorCode: 50, producerId: -1 });
    expect(await ask(0)).toMatchObject({ errorCode: 50 });
    expect(await client.ask(initProducerId, 5, { transactionalId: '', transactionTimeoutMs: 1 })).toMatchObject({
      errorCode: 42,
    });
  });
});

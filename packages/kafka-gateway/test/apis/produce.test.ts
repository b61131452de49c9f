import { describe, expect, it } from 'vitest';
import { produce } from '../../src/messages/produce.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { nativeClient, readNatively } from '../native.ts';
import { batchOf, sending, sendOne } from '../producing.ts';

const unknownId = '11111111-2222-4333-8444-555555555555';

async function brokerWithOrders(partitions = 1) {
  const { broker, kafkaPort } = await kafkaBroker();
  const q = await nativeClient(broker);
  await q.admin.createTopic('orders', { partitions });
  const { topicId } = await q.admin.describeTopic('orders');
  const connect = (): Promise<RawClient> => RawClient.connect(kafkaPort);
  return { q, topicId, connect, client: await connect() };
}

describe('Produce', () => {
  it('B1 takes a batch in every version that carries them, and the native client reads it', async () => {
    const { q, topicId, client } = await brokerWithOrders();
    for (let version = 3; version <= 13; version += 1) {
      const answer = await sendOne(client, { name: 'orders', topicId }, batchOf(`v${version}`), { version });
      expect(answer).toEqual({
        index: 0,
        errorCode: 0,
        baseOffset: version - 3,
        logAppendTimeMs: -1,
        logStartOffset: version >= 5 ? 0 : -1,
        recordErrors: [],
        errorMessage: null,
        currentLeader: { leaderId: -1, leaderEpoch: -1 },
      });
    }
    const messages = await readNatively(q, 'orders', 11);
    expect(messages.map(({ value }) => value!.toString())).toEqual(
      Array.from({ length: 11 }, (_, index) => `v${index + 3}`),
    );
  });

  it('B1 closes the connection for the versions of old formats, which it lists', async () => {
    const { connect } = await brokerWithOrders();
    for (const version of [0, 1, 2]) {
      const client = await connect();
      client.send(produce, version, sending({ name: 'orders' }, [batchOf('old')]));
      expect(await client.nextFrame()).toBeNull();
    }
  });

  it('O4 Q2 tells whom it refuses for want of room how long to wait, by the time to throttle', async () => {
    const { broker, kafkaPort } = await kafkaBroker({ storageMaxBytes: 4_000 });
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    const send = () => client.ask(produce, 9, sending({ name: 'orders' }, [batchOf('x'.repeat(600))]));
    expect(await send()).toMatchObject({ throttleTimeMs: 0 });
    let refused = await send();
    while (refused.responses[0]!.partitionResponses[0]!.errorCode === 0) refused = await send();
    expect(refused.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 56 });
    expect(refused.throttleTimeMs).toBe(1_000);
  });

  it('B1 names its topics as the request did, from version 13 on by id', async () => {
    const { topicId, client } = await brokerWithOrders();
    const ask = async (version: number) =>
      (await client.ask(produce, version, sending({ name: 'orders', topicId }, [batchOf('a')]))).responses[0]!;
    expect(await ask(12)).toMatchObject({ name: 'orders', topicId: '00000000-0000-0000-0000-000000000000' });
    expect(await ask(13)).toMatchObject({ name: '', topicId });
  });

  it('B1 answers nothing without acks, and hangs up when a batch could not be stored', async () => {
    const { client } = await brokerWithOrders();
    client.send(produce, 9, sending({ name: 'orders' }, [batchOf('a')], { acks: 0 }));
    const answer = await client.ask(produce, 9, sending({ name: 'orders' }, [batchOf('b')], { acks: 1 }));
    expect(answer.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 1 });
    client.send(produce, 9, sending({ name: 'nowhere' }, [batchOf('c')], { acks: 0 }));
    expect(await client.nextFrame()).toBeNull();
  });

  it('B1 does not know a topic or a partition: 3 by name, 100 by id', async () => {
    const { topicId, client } = await brokerWithOrders();
    const codeOf = async (topic: { name?: string; topicId?: string }, version: number): Promise<number> =>
      (await sendOne(client, topic, batchOf('a'), { version })).errorCode;
    expect(await codeOf({ name: 'nowhere' }, 12)).toBe(3);
    expect(await codeOf({ topicId: unknownId }, 13)).toBe(100);
    const { responses } = await client.ask(produce, 13, sending({ topicId }, [null, batchOf('a')]));
    expect(responses[0]!.partitionResponses.map(({ errorCode }) => errorCode)).toEqual([87, 3]);
  });

  it('B1 does not take a topic that was made anew for the one whose id it was given', async () => {
    const { q, topicId: old, client } = await brokerWithOrders();
    await q.admin.deleteTopic('orders');
    await q.admin.createTopic('orders');
    expect(await sendOne(client, { topicId: old }, batchOf('a'), { version: 13 })).toMatchObject({ errorCode: 100 });
    expect(await sendOne(client, { name: 'orders' }, batchOf('a'), { version: 12 })).toMatchObject({ errorCode: 0 });
    expect((await q.admin.describeTopic('orders')).messages).toBe(1);
  });

  it('B1 refuses other acks than -1, 0 and 1, for every partition', async () => {
    const { client, q } = await brokerWithOrders(2);
    const codes = async (o: { acks?: number }): Promise<number[]> => {
      const request = sending({ name: 'orders' }, [batchOf('a'), batchOf('b')], o);
      return (await client.ask(produce, 11, request)).responses[0]!.partitionResponses.map((one) => one.errorCode);
    };
    expect(await codes({ acks: 2 })).toEqual([21, 21]);
    expect(await codes({ acks: -2 })).toEqual([21, 21]);
    expect((await q.admin.describeTopic('orders')).messages).toBe(0);
  });

  it('B1 stores the batches around one that is refused', async () => {
    const { client, q } = await brokerWithOrders(5);
    const broken = batchOf('broken');
    broken[broken.length - 1]! ^= 1;
    const request = sending({ name: 'orders' }, [batchOf('a'), broken, null, batchOf('b'), Buffer.alloc(0)]);
    const { responses } = await client.ask(produce, 11, {
      ...request,
      topicData: [...sending({ name: 'nowhere' }, [batchOf('c')]).topicData, ...request.topicData],
    });
    expect(
      responses.map(({ name, partitionResponses }) => [
        name,
        ...partitionResponses.map(({ index, errorCode, baseOffset }) => [index, errorCode, baseOffset]),
      ]),
    ).toEqual([
      ['nowhere', [0, 3, -1]],
      ['orders', [0, 0, 0], [1, 2, -1], [2, 87, -1], [3, 0, 0], [4, 87, -1]],
    ]);
    expect((await q.admin.describeTopic('orders')).messages).toBe(2);
  });

  it('B1 says what was wrong from version 8 on', async () => {
    const { client } = await brokerWithOrders();
    const broken = (): Buffer => {
      const batch = batchOf('a');
      batch[batch.length - 1]! ^= 1;
      return batch;
    };
    expect(await sendOne(client, { name: 'orders' }, broken(), { version: 7 })).toMatchObject({ errorMessage: null });
    const { errorMessage } = await sendOne(client, { name: 'orders' }, broken(), { version: 8 });
    expect(errorMessage).toContain('CRC-32C');
  });

  it('B1 appends in the order of the requests, whatever each waits for', async () => {
    const { client } = await brokerWithOrders();
    const ids = Array.from({ length: 50 }, (_, index) =>
      client.send(produce, 11, sending({ name: 'orders' }, [batchOf(`${index}`)])),
    );
    for (const [index, id] of ids.entries()) {
      const frame = (await client.nextFrame())!;
      expect(frame.readInt32BE(0)).toBe(id);
      const { responses } = produce.response.decode(frame, 5, 11);
      expect(responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: index });
    }
  });
});

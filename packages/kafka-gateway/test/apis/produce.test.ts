import { encodeBatch } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { produce } from '../../src/messages/produce.ts';
import type { AnswerOf, RequestOf } from '../../src/messages/api.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { nativeClient, readNatively } from '../native.ts';

type PartitionAnswer = AnswerOf<typeof produce>['responses'][number]['partitionResponses'][number];

const noId = '00000000-0000-0000-0000-000000000000';

/** A request for one partition. */
function sending(
  topic: { name?: string; topicId?: string },
  records: Buffer | null,
  { acks = -1, index = 0, transactionalId = null as string | null } = {},
): RequestOf<typeof produce> {
  return {
    transactionalId,
    acks,
    timeoutMs: 10_000,
    topicData: [
      {
        name: topic.name ?? '',
        topicId: topic.topicId ?? noId,
        partitionData: [{ index, records: records === null ? null : [records] }],
      },
    ],
  };
}

async function askOne(
  client: RawClient,
  version: number,
  request: RequestOf<typeof produce>,
): Promise<PartitionAnswer> {
  return (await client.ask(produce, version, request)).responses[0]!.partitionResponses[0]!;
}

function batchOf(text: string, timestampMs = Date.now()): Buffer {
  return encodeBatch([{ value: Buffer.from(text), timestampMs }]);
}

describe('Produce', () => {
  it('B1 takes a batch in every version that carries them, and the native client reads it', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders');
    const { topicId } = await q.admin.describeTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    for (let version = 3; version <= 13; version += 1) {
      const answer = await askOne(client, version, sending({ name: 'orders', topicId }, batchOf(`v${version}`)));
      expect(answer).toMatchObject({ index: 0, errorCode: 0, baseOffset: version - 3, logAppendTimeMs: -1 });
      expect(answer.logStartOffset).toBe(version >= 5 ? 0 : -1);
    }
    const messages = await readNatively(q, 'orders', 11);
    expect(messages.map(({ value }) => value!.toString())).toEqual(
      Array.from({ length: 11 }, (_, index) => `v${index + 3}`),
    );
  });

  it('B1 closes the connection for the versions of old formats, which it lists', async () => {
    const { kafkaPort } = await kafkaBroker();
    for (const version of [0, 1, 2]) {
      const client = await RawClient.connect(kafkaPort);
      client.send(produce, version, sending({ name: 'orders' }, batchOf('old')));
      expect(await client.nextFrame()).toBeNull();
    }
  });

  it('B1 answers nothing without acks, and hangs up when a batch could not be stored', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    client.send(produce, 9, sending({ name: 'orders' }, batchOf('a'), { acks: 0 }));
    expect(await askOne(client, 9, sending({ name: 'orders' }, batchOf('b'), { acks: 1 }))).toMatchObject({
      errorCode: 0,
      baseOffset: 1,
    });
    client.send(produce, 9, sending({ name: 'nowhere' }, batchOf('c'), { acks: 0 }));
    expect(await client.nextFrame()).toBeNull();
  });
});

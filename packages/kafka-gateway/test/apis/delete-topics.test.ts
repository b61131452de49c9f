import { describe, expect, it } from 'vitest';
import { createTopics } from '../../src/messages/create-topics.ts';
import { deleteTopics } from '../../src/messages/delete-topics.ts';
import { noUuid } from '../../src/wire/scalars.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

const timeoutMs = 5000;

async function openClient(): Promise<RawClient> {
  const { kafkaPort } = await kafkaBroker();
  return RawClient.connect(kafkaPort);
}

/** Returns its id. */
async function create(client: RawClient, name: string): Promise<string> {
  const wanted = { name, numPartitions: 2, replicationFactor: 1 };
  const { topics } = await client.ask(createTopics, 7, { topics: [wanted], timeoutMs });
  expect(topics[0]).toMatchObject({ errorCode: 0 });
  return topics[0]!.topicId;
}

describe('DeleteTopics', () => {
  it('B1 deletes by name in every version', async () => {
    const client = await openClient();
    for (let version = 1; version <= 6; version += 1) {
      const topicId = await create(client, 'orders');
      const body = version === 6 ? { topics: [{ name: 'orders' }] } : { topicNames: ['orders'] };
      const { responses } = await client.ask(deleteTopics, version, { ...body, timeoutMs });
      expect(responses).toEqual([
        { name: 'orders', topicId: version === 6 ? topicId : noUuid, errorCode: 0, errorMessage: null },
      ]);
    }
  });

  it('B1 deletes by id, and tells the name', async () => {
    const client = await openClient();
    const topicId = await create(client, 'orders');
    const { responses } = await client.ask(deleteTopics, 6, { topics: [{ name: null, topicId }], timeoutMs });
    expect(responses).toEqual([{ name: 'orders', topicId, errorCode: 0, errorMessage: null }]);
    const again = await client.ask(deleteTopics, 6, { topics: [{ name: null, topicId }], timeoutMs });
    expect(again.responses).toMatchObject([{ name: null, topicId, errorCode: 100 }]);
  });

  it('B1 says of each topic what is wrong with it, and deletes the others', async () => {
    const client = await openClient();
    const topicId = await create(client, 'orders');
    const topics = [{ name: 'none' }, { name: 'x', topicId }, { name: null }, { name: '__groups' }, { name: 'orders' }];
    const { responses } = await client.ask(deleteTopics, 6, { topics, timeoutMs });
    expect(responses.map(({ errorCode }) => errorCode)).toEqual([3, 42, 42, 42, 0]);
    for (const { errorCode, errorMessage } of responses) expect(errorMessage === null).toBe(errorCode === 0);
  });

  it('B1 refuses a topic that a request names twice, and leaves it', async () => {
    const client = await openClient();
    const topicId = await create(client, 'orders');
    const topics = [{ name: 'orders' }, { name: 'orders' }];
    const { responses } = await client.ask(deleteTopics, 6, { topics, timeoutMs });
    expect(responses).toMatchObject([{ name: 'orders', errorCode: 42 }]);
    const byId = { name: null, topicId };
    const both = await client.ask(deleteTopics, 6, { topics: [{ name: 'orders' }, byId], timeoutMs });
    expect(both.responses).toMatchObject([{ errorCode: 42 }]);
    expect((await client.ask(deleteTopics, 6, { topics: [byId, byId], timeoutMs })).responses).toMatchObject([
      { topicId, errorCode: 42 },
    ]);
    expect((await client.ask(deleteTopics, 6, { topics: [byId], timeoutMs })).responses).toMatchObject([
      { name: 'orders', errorCode: 0 },
    ]);
  });
});

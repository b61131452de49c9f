import { describe, expect, it } from 'vitest';
import { describeTopicPartitions } from '../../src/messages/describe-topic-partitions.ts';
import type { AnswerOf, RequestOf } from '../../src/messages/api.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { nativeClient } from '../native.ts';

type Cursor = RequestOf<typeof describeTopicPartitions>['cursor'];
type Answer = AnswerOf<typeof describeTopicPartitions>;

async function threeTopics(): Promise<(names: string[], limit: number, cursor?: Cursor) => Promise<Answer>> {
  const { broker, kafkaPort } = await kafkaBroker();
  const q = await nativeClient(broker);
  await q.admin.createTopic('b', { partitions: 3 });
  await q.admin.createTopic('a', { partitions: 2 });
  await q.admin.createTopic('c');
  const client = await RawClient.connect(kafkaPort);
  return async (names, limit, cursor = null) =>
    await client.ask(describeTopicPartitions, 0, {
      topics: names.map((name) => ({ name })),
      responsePartitionLimit: limit,
      cursor,
    });
}

function shown({ topics }: Answer): string[] {
  return topics.map(
    ({ name, errorCode, partitions }) => `${name} ${errorCode} ${partitions.map((one) => one.partitionIndex).join()}`,
  );
}

describe('DescribeTopicPartitions', () => {
  it('B1 tells of topics in the order of their names, and of those that are not there', async () => {
    const ask = await threeTopics();
    const answer = await ask(['c', 'no', 'a', 'a', '/'], 2_000);
    expect(shown(answer)).toEqual(['/ 17 ', 'a 0 0,1', 'c 0 0', 'no 3 ']);
    expect(answer.nextCursor).toBeNull();
    expect(answer.topics[1]!).toMatchObject({ topicAuthorizedOperations: 3576, isInternal: false });
    expect(answer.topics[1]!.partitions[1]).toMatchObject({ eligibleLeaderReplicas: [], lastKnownElr: [] });
  });

  it('B1 gives so many partitions at a time, and says where to go on', async () => {
    const ask = await threeTopics();
    const pages: string[][] = [];
    let cursor: Cursor = null;
    do {
      const answer: Answer = await ask(['a', 'b', 'c'], 2, cursor);
      pages.push(shown(answer));
      cursor = answer.nextCursor ?? null;
    } while (cursor !== null);
    expect(pages).toEqual([['a 0 0,1'], ['b 0 0,1'], ['b 0 2', 'c 0 0']]);
  });

  it('B1 tells of every topic where none is named, those of the broker as internal', async () => {
    const ask = await threeTopics();
    const { topics } = await ask([], 2_000);
    const internal = topics.filter(({ isInternal }) => isInternal).map(({ name }) => name);
    expect(internal).toContain('__metadata');
    expect(topics.map(({ name }) => name)).toEqual([...internal, 'a', 'b', 'c']);
    expect(shown(await ask([], 2_000, { topicName: 'b', partitionIndex: 1 }))).toEqual(['b 0 1,2', 'c 0 0']);
  });

  it('B1 goes on behind a topic that is gone, and refuses a cursor that cannot be', async () => {
    const ask = await threeTopics();
    expect(shown(await ask(['a', 'b', 'c'], 9, { topicName: 'ab', partitionIndex: 4 }))).toEqual([
      'b 0 0,1,2',
      'c 0 0',
    ]);
    expect(shown(await ask(['a'], 9, { topicName: 'a', partitionIndex: 7 }))).toEqual(['a 0 ']);
    expect(shown(await ask(['a'], 9, { topicName: 'a', partitionIndex: -1 }))).toEqual(['a 42 ']);
  });
});

import type { Broker, BrokerOptions } from '@q/broker';
import type { Q } from '@q/client';
import type { RequestOf } from '../src/messages/api.ts';
import { offsetCommit } from '../src/messages/offset-commit.ts';
import { offsetFetch } from '../src/messages/offset-fetch.ts';
import { kafkaBroker, RawClient } from './harness.ts';
import { nativeClient } from './native.ts';

type Commit = RequestOf<typeof offsetCommit>;
type Part = Commit['topics'][number]['partitions'][number];

/** A broker with a topic `t` of three partitions, a client of either protocol, and what commits look like. */
export interface OffsetsScene {
  readonly broker: Broker;
  readonly kafkaPort: number;
  readonly client: RawClient;
  readonly q: Q;
  readonly topicId: string;
  /** Commits offsets of `t` in version 9, and gives the error of each partition. */
  readonly commit: (
    groupId: string,
    parts: readonly Part[],
    o?: Partial<Commit> & { version?: number },
  ) => Promise<number[]>;
  /** What the group has, `partition: offset metadata` each. */
  readonly committed: (groupId: string) => Promise<string[]>;
}

export async function offsetsScene(
  options: BrokerOptions = {},
  { topicExists = false }: { readonly topicExists?: boolean } = {},
): Promise<OffsetsScene> {
  const { broker, kafkaPort } = await kafkaBroker(options);
  const client = await RawClient.connect(kafkaPort);
  const q = await nativeClient(broker);
  const { topicId } = topicExists
    ? await q.admin.describeTopic('t')
    : await q.admin.createTopic('t', { partitions: 3 });
  return {
    broker,
    kafkaPort,
    client,
    q,
    topicId,
    commit: async (groupId, partitions, { version = 9, ...o } = {}) => {
      const topics = [{ name: 't', topicId, partitions }];
      const answer = await client.ask(offsetCommit, version, { ...outsider(groupId), topics, ...o });
      return answer.topics.flatMap((topic) => topic.partitions.map(({ errorCode }) => errorCode));
    },
    committed: async (groupId) => {
      const { groups } = await client.ask(offsetFetch, 9, { groups: [{ groupId, topics: null }] });
      return groups[0]!.topics.flatMap(({ partitions }) =>
        partitions.map(({ partitionIndex, committedOffset, metadata }) =>
          `${partitionIndex}: ${committedOffset} ${metadata}`.trimEnd(),
        ),
      );
    },
  };
}

/** A commit of somebody who is in no group. */
export function outsider(groupId: string): Omit<Commit, 'topics'> {
  return { groupId, generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null, retentionTimeMs: -1 };
}

export function part(partitionIndex: number, committedOffset: number, committedMetadata: string | null = ''): Part {
  return { partitionIndex, committedOffset, committedLeaderEpoch: -1, committedMetadata };
}

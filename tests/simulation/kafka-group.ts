import { fetch } from '../../packages/kafka-gateway/src/messages/fetch.ts';
import { heartbeat } from '../../packages/kafka-gateway/src/messages/heartbeat.ts';
import { joinGroup } from '../../packages/kafka-gateway/src/messages/join-group.ts';
import { leaveGroup } from '../../packages/kafka-gateway/src/messages/leave-group.ts';
import { offsetCommit } from '../../packages/kafka-gateway/src/messages/offset-commit.ts';
import { offsetFetch } from '../../packages/kafka-gateway/src/messages/offset-fetch.ts';
import { syncGroup } from '../../packages/kafka-gateway/src/messages/sync-group.ts';
import type { AnswerOf } from '../../packages/kafka-gateway/src/messages/api.ts';
import type { KafkaClient } from './kafka-client.ts';
import { groupTopic } from './simulated-group.ts';

/** The one classic group of a simulation, beside the native one, over the same topic. */
export const kafkaGroupName = 'kafka-g';
/** The shortest that a classic group allows. */
export const kafkaSessionMs = 6_000;
/** Longer than a session: whoever does not come back to the group is put out for its silence, and knows it first. */
const rebalanceTimeoutMs = 12_000;
/** It is answered when everybody has come, or been put out. */
const joinTimeoutMs = rebalanceTimeoutMs + 5_000;
const protocolType = 'consumer';
const protocolName = 'ours';

/** Who asks, and in which generation. */
export interface Claim {
  readonly memberId: string;
  readonly generationId: number;
}

type Joined = AnswerOf<typeof joinGroup>;

/** The requests of a member of that group. */
export class KafkaGroupCalls {
  readonly #client: KafkaClient;

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  join(memberId: string): Promise<Joined> {
    const body = {
      groupId: kafkaGroupName,
      sessionTimeoutMs: kafkaSessionMs,
      rebalanceTimeoutMs,
      memberId,
      protocolType,
      protocols: [{ name: protocolName, metadata: Buffer.alloc(0) }],
    };
    return this.#client.ask(joinGroup, 5, body, { timeoutMs: joinTimeoutMs });
  }

  /** The partitions that are this member's; of the leader, with those of everybody. */
  async sync(claim: Claim, shares: ReadonlyMap<string, readonly number[]>): Promise<readonly number[] | number> {
    const { errorCode, assignment } = await this.#client.ask(syncGroup, 3, {
      groupId: kafkaGroupName,
      ...claim,
      assignments: [...shares].map(([memberId, share]) => ({ memberId, assignment: Buffer.from(share) })),
    });
    return errorCode === 0 ? [...assignment] : errorCode;
  }

  async heartbeat(claim: Claim): Promise<number> {
    return (await this.#client.ask(heartbeat, 3, { groupId: kafkaGroupName, ...claim })).errorCode;
  }

  async leave({ memberId }: Claim): Promise<void> {
    await this.#client.ask(leaveGroup, 1, { groupId: kafkaGroupName, memberId });
  }

  async commit({ memberId, generationId }: Claim, partitionIndex: number, committedOffset: number): Promise<number> {
    const partitions = [{ partitionIndex, committedOffset, committedMetadata: null }];
    const answer = await this.#client.ask(offsetCommit, 7, {
      groupId: kafkaGroupName,
      generationIdOrMemberEpoch: generationId,
      memberId,
      topics: [{ name: groupTopic, partitions }],
    });
    return answer.topics[0]!.partitions[0]!.errorCode;
  }

  /** What the group has committed of each partition, 0 where it has nothing. An error code when it cannot be told. */
  async committed(partitions: readonly number[]): Promise<ReadonlyMap<number, number> | number> {
    const answer = await this.#client.ask(offsetFetch, 5, {
      groupId: kafkaGroupName,
      topics: [{ name: groupTopic, partitionIndexes: partitions }],
    });
    const found = answer.topics.flatMap((topic) => topic.partitions);
    const code = [answer.errorCode, ...found.map(({ errorCode }) => errorCode)].find((each) => each !== 0);
    if (code !== undefined) return code;
    return new Map(found.map(({ partitionIndex, committedOffset }) => [partitionIndex, Math.max(0, committedOffset)]));
  }

  /** What is at a place of a partition, or the error code. */
  async fetch(partition: number, fetchOffset: number): Promise<{ errorCode: number; bytes: Buffer; end: number }> {
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: 1 << 16 }];
    const topics = [{ topic: groupTopic, partitions }];
    const query = { maxWaitMs: 50, minBytes: 1, maxBytes: 1 << 16, isolationLevel: 0, topics };
    const { errorCode, highWatermark, records } = (await this.#client.ask(fetch, 11, query)).responses[0]!
      .partitions[0]!;
    return { errorCode, bytes: Buffer.concat(records ?? []), end: highWatermark };
  }
}

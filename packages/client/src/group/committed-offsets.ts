import { errorEntry, FetchOffset, QError } from '@q/protocol';
import type { FetchOffsetResponsePartition } from '@q/protocol';

import type { Cluster } from '../cluster/cluster.ts';

/** What a group has committed of a partition. */
export interface CommittedOffset {
  /** The partition that it is of. */
  readonly partition: number;
  /** Of the next record to handle. */
  readonly offset: number;
  /** What was committed beside it; null: nothing. */
  readonly metadata: string | null;
  /** Milliseconds since 1970. */
  readonly committedAtMs: number;
}

export interface CommittedQuestion {
  readonly group: string;
  /** Null: asked by nobody in particular, and nothing is checked. */
  readonly member: { readonly id: string; readonly epoch: number } | null;
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly number[];
  /** Refuses with `UNSTABLE_OFFSETS` while a transaction that has not ended may commit another one. */
  readonly mustBeStable: boolean;
  readonly signal: AbortSignal;
}

/** Of those partitions that have a committed offset. Throws what the broker says of the first that it refuses. */
export async function fetchCommitted(cluster: Cluster, o: CommittedQuestion): Promise<CommittedOffset[]> {
  const { group: groupId, member, topic, topicId, partitions, signal } = o;
  const body = {
    groupId,
    memberId: member?.id ?? '',
    memberEpoch: member?.epoch ?? -1,
    topics: [{ topicId, partitions }],
    requireStable: o.mustBeStable,
  };
  const response = await cluster.request(FetchOffset, body, { resend: true, signal });
  const answers = new Map((response.topics[0]?.partitions ?? []).map((answer) => [answer.partition, answer]));
  return partitions
    .map((partition) => readAnswer({ topic, partition }, answers.get(partition)))
    .filter(({ offset }) => offset !== -1);
}

function readAnswer(
  place: { topic: string; partition: number },
  answer: FetchOffsetResponsePartition | undefined,
): CommittedOffset {
  if (answer === undefined)
    throw new QError(
      'MALFORMED_FRAME',
      `The broker did not answer FETCH_OFFSET for topic "${place.topic}", partition ${place.partition}`,
    );
  const { partition, errorCode, offset, metadata, committedAtMs } = answer;
  if (errorCode === 0) return { partition, offset, metadata, committedAtMs };
  const { name, description } = errorEntry(errorCode);
  throw new QError(name, `Topic "${place.topic}", partition ${place.partition}: ${description}`, { details: place });
}

/**
 * What OffsetCommit and TxnOffsetCommit have in common: the offsets that are named, and what became of them.
 */
import type { CommittedTopic, OffsetToCommit } from '@q/broker';
import type { QError } from '@q/protocol';
import { errorCodesOf, kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { RequestContext } from '../session/handler.ts';

interface WantedPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly committedMetadata: string | null;
}

interface WantedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly WantedPartition[];
}

interface AnsweredTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[];
}

export function commitOf(wanted: WantedPartition): OffsetToCommit {
  return {
    partition: wanted.partitionIndex,
    offset: wanted.committedOffset,
    leaderEpoch: wanted.committedLeaderEpoch,
    metadata: wanted.committedMetadata,
  };
}

export function answeredTopic(
  topic: WantedTopic,
  taken: CommittedTopic,
  codeOf: (error: QError | null) => number,
): AnsweredTopic {
  return {
    ...topic,
    partitions: taken.partitions.map(({ partition, error }) => ({
      partitionIndex: partition,
      // Nothing else of one commit can be wrong by itself.
      errorCode: error?.code === 'INVALID_REQUEST' ? kafkaErrorCode.OFFSET_METADATA_TOO_LARGE : codeOf(error),
    })),
  };
}

export function refusedTopic(topic: WantedTopic, errorCode: number): AnsweredTopic {
  return { ...topic, partitions: topic.partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
}

export function errorCodesOfTopics({ topics }: { readonly topics: readonly AnsweredTopic[] }): number[] {
  const codes: number[] = [];
  for (const { partitions } of topics) errorCodesOf(partitions, codes);
  return codes;
}

/** Until it is answered a commit is held in memory: it counts, so that a slow disk slows its senders down. */
export async function holding<T>({ caller }: RequestContext, answer: Promise<T>): Promise<T> {
  const release = caller.budget.holdFrame();
  try {
    return await answer;
  } finally {
    release();
  }
}

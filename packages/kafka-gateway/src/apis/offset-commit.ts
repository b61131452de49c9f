/**
 * OffsetCommit: keeps how far a group has come (row B1). A commit counts from its arrival, and is answered when it is
 * durable.
 */
import { groupNamed } from '@q/broker';
import type { ClassicFault, CommittedTopic, OffsetToCommit, Services } from '@q/broker';
import { demand } from '../access/demand.ts';
import { coordinatorCodeOf, coordinatorErrorCode } from '../errors/coordinator-errors.ts';
import { errorCodesOf, kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { offsetCommit } from '../messages/offset-commit.ts';
import { handler } from '../session/handler.ts';
import type { Handler, RequestContext } from '../session/handler.ts';
import { findTopicId } from './wanted-topic.ts';

type Request = RequestOf<typeof offsetCommit>;
type WantedTopic = Request['topics'][number];
type AnsweredTopic = AnswerOf<typeof offsetCommit>['topics'][number];

/** First version that tells an unknown group from an old generation. */
const unknownGroupSince = 9;

export function offsetCommitHandler({
  groups,
  topics: catalog,
  access,
}: Pick<Services, 'groups' | 'topics' | 'access'>): Handler {
  return handler(offsetCommit, {
    handle: async ({ topics, ...request }, context) => {
      const found = topics.map((topic) => ({ topic, ...findTopicId(catalog, topic, context) }));
      const known = found.filter(({ errorCode }) => errorCode === kafkaErrorCode.NONE);
      // As in Kafka: where no topic is there, the group is not looked at. Whoever may not use it is told that first.
      if (known.length === 0) {
        demand(access, context.caller, { operation: 'read', resource: groupNamed(request.groupId) });
        return { topics: found.map(({ topic, errorCode }) => refusedTopic(topic, errorCode)) };
      }
      const taken = await holding(
        context,
        groups.offsets.commitClassic(
          {
            groupId: request.groupId,
            claim: {
              memberId: request.memberId,
              instanceId: request.groupInstanceId,
              generation: request.generationIdOrMemberEpoch,
            },
            topics: known.map(({ topic, topicId }) => ({ topicId, partitions: topic.partitions.map(commitOf) })),
          },
          context.caller,
        ),
      );
      const answers = known.map(({ topic }, index) => answeredTopic(topic, taken, index)).values();
      return {
        topics: found.map(({ topic, errorCode }) =>
          errorCode === kafkaErrorCode.NONE ? answers.next().value! : refusedTopic(topic, errorCode),
        ),
      };
    },
    errorCodesIn: ({ topics }) => {
      const codes: number[] = [];
      for (const { partitions } of topics) errorCodesOf(partitions, codes);
      return codes;
    },
    refuse: (code, { topics }, { version }) => {
      const errorCode =
        version < unknownGroupSince && code === kafkaErrorCode.GROUP_ID_NOT_FOUND
          ? kafkaErrorCode.ILLEGAL_GENERATION
          : coordinatorErrorCode(code);
      return { topics: topics.map((topic) => refusedTopic(topic, errorCode)) };
    },
    // It counts before its first await, and answers keep their order.
    mayOverlap: true,
  });
}

function commitOf(wanted: WantedTopic['partitions'][number]): OffsetToCommit {
  return {
    partition: wanted.partitionIndex,
    offset: wanted.committedOffset,
    leaderEpoch: wanted.committedLeaderEpoch,
    metadata: wanted.committedMetadata,
  };
}

function answeredTopic(
  topic: WantedTopic,
  taken: readonly CommittedTopic[] | ClassicFault,
  index: number,
): AnsweredTopic {
  if (typeof taken === 'string') return refusedTopic(topic, kafkaErrorCode[taken]);
  return {
    ...topic,
    partitions: taken[index]!.partitions.map(({ partition, error }) => ({
      partitionIndex: partition,
      // Nothing else of one commit can be wrong by itself.
      errorCode:
        error?.code === 'INVALID_REQUEST' ? kafkaErrorCode.OFFSET_METADATA_TOO_LARGE : coordinatorCodeOf(error),
    })),
  };
}

function refusedTopic(topic: WantedTopic, errorCode: number): AnsweredTopic {
  return { ...topic, partitions: topic.partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
}

/** Until it is answered a commit is held in memory: it counts, so that a slow disk slows its senders down. */
async function holding<T>({ caller }: RequestContext, answer: Promise<T>): Promise<T> {
  const release = caller.budget.holdFrame();
  try {
    return await answer;
  } finally {
    release();
  }
}

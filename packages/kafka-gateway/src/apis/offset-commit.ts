/**
 * OffsetCommit: keeps how far a group has come (row B1). A commit counts from its arrival, and is answered when it is
 * durable.
 */
import { demand, groupNamed } from '@q/broker';
import type { Services } from '@q/broker';
import { coordinatorCodeOf, coordinatorErrorCode } from '../errors/coordinator-errors.ts';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { offsetCommit } from '../messages/offset-commit.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { answeredTopic, commitOf, errorCodesOfTopics, holding, refusedTopic } from './committed-topics.ts';
import { findTopicId } from './wanted-topic.ts';

/** First version with topic ids instead of names. */
const idsSince = 10;
/** First version that tells an unknown group from an old generation. */
const unknownGroupSince = 9;

export function offsetCommitHandler({
  groups,
  topics: catalog,
  access,
}: Pick<Services, 'groups' | 'topics' | 'access'>): Handler {
  return handler(offsetCommit, {
    handle: async ({ topics, ...request }, context) => {
      const { version, caller } = context;
      const found = topics.map((topic) => ({
        topic,
        ...findTopicId(catalog, topic, { isById: version >= idsSince, caller }),
      }));
      const known = found.filter(({ errorCode }) => errorCode === kafkaErrorCode.NONE);
      // As in Kafka: where no topic is there, the group is not looked at. Whoever may not use it is told that first.
      if (known.length === 0) {
        demand(access, caller, { operation: 'read', resource: groupNamed(request.groupId) });
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
          caller,
        ),
      );
      const answers = known
        .map(({ topic }, index) =>
          typeof taken === 'string'
            ? refusedTopic(topic, kafkaErrorCode[taken])
            : answeredTopic(topic, taken[index]!, coordinatorCodeOf),
        )
        .values();
      return {
        topics: found.map(({ topic, errorCode }) =>
          errorCode === kafkaErrorCode.NONE ? answers.next().value! : refusedTopic(topic, errorCode),
        ),
      };
    },
    errorCodesIn: errorCodesOfTopics,
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

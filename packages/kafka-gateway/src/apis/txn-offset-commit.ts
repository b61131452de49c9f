/**
 * TxnOffsetCommit: how far a group has come once the transaction commits (row X2). Answered when it is durable.
 */
import type { Services } from '@q/broker';
import { coordinatorCodeOf, coordinatorErrorCode } from '../errors/coordinator-errors.ts';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { tellingTransactionErrors } from '../errors/transaction-errors.ts';
import type { RequestOf } from '../messages/api.ts';
import { txnOffsetCommit } from '../messages/txn-offset-commit.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { answeredTopic, commitOf, errorCodesOfTopics, holding, refusedTopic } from './committed-topics.ts';
import { findTopicId } from './wanted-topic.ts';

type Request = RequestOf<typeof txnOffsetCommit>;

/** Kafka's groups tell of a fenced producer by its epoch, in every version. */
const errorsSince = { fenced: Infinity, abortable: 5 };
/** First version with topic ids instead of names. */
const idsSince = 6;

export function txnOffsetCommitHandler({
  transactions,
  topics: catalog,
}: Pick<Services, 'transactions' | 'topics'>): Handler {
  return handler(txnOffsetCommit, {
    handle: async (request, context) => {
      const { version, caller } = context;
      const found = request.topics.map((topic) => ({
        topic,
        ...findTopicId(catalog, topic, { isById: version >= idsSince, caller }),
      }));
      const known = found.filter(({ errorCode }) => errorCode === kafkaErrorCode.NONE);
      const topics = known.map(({ topic, topicId }) => ({ topicId, partitions: topic.partitions.map(commitOf) }));
      const staging = transactions.stageClassic(claimOf(request), { ...memberOf(request), topics }, caller);
      const staged = await tellingTransactionErrors(holding(context, staging), version, errorsSince);
      const answers = known.map(({ topic }, index) =>
        typeof staged === 'string'
          ? refusedTopic(topic, kafkaErrorCode[staged])
          : answeredTopic(topic, staged[index]!, coordinatorCodeOf),
      );
      const inOrder = answers.values();
      return {
        topics: found.map(({ topic, errorCode }) =>
          errorCode === kafkaErrorCode.NONE ? inOrder.next().value! : refusedTopic(topic, errorCode),
        ),
      };
    },
    errorCodesIn: errorCodesOfTopics,
    refuse: (code, { topics }) => ({ topics: topics.map((topic) => refusedTopic(topic, codeFor(code))) }),
  });
}

/** A group that is not there has no generation: clients know that error, and none for the group. */
function codeFor(code: number): number {
  return code === kafkaErrorCode.GROUP_ID_NOT_FOUND ? kafkaErrorCode.ILLEGAL_GENERATION : coordinatorErrorCode(code);
}

function claimOf({ transactionalId, producerId, producerEpoch }: Request) {
  return { transactionalId, producer: { producerId, producerEpoch } };
}

function memberOf({ groupId, memberId, groupInstanceId: instanceId, generationId: generation }: Request) {
  return { groupId, claim: { memberId, instanceId, generation } };
}

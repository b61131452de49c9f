/**
 * AddPartitionsToTxn: older clients say what a transaction is about to write to (row X1). Either all partitions are
 * added or none.
 */
import { topicNamed } from '@q/broker';
import type { DoorTools, Services } from '@q/broker';
import { coordinatorErrorCode } from '../errors/coordinator-errors.ts';
import { kafkaCodeOf, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { tellingTransactionErrors } from '../errors/transaction-errors.ts';
import { addPartitionsToTxn } from '../messages/add-partitions-to-txn.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { refuseTooManyPartitions } from './one-by-one.ts';

type Topics = RequestOf<typeof addPartitionsToTxn>['topics'];
type Answer = AnswerOf<typeof addPartitionsToTxn>;

const errorsSince = { fenced: 2, abortable: Infinity };

export function addPartitionsToTxnHandler(
  { topics: catalog, transactions, access }: Pick<Services, 'topics' | 'transactions' | 'access'>,
  tools: Pick<DoorTools, 'limits'>,
): Handler {
  /** Why the topic cannot be part of a transaction, or which partitions it has. */
  const lookAt = (name: string, caller: KafkaCaller): { readonly code: number; readonly count: number } => {
    const [found] = catalog.find([name], caller, { mayCreate: false });
    const error = found!.error ?? access.refusal(caller, 'write', topicNamed(name));
    if (error !== null) return { code: kafkaCodeOf(error), count: 0 };
    return { code: kafkaErrorCode.UNKNOWN_TOPIC_OR_PARTITION, count: found!.route!.partitions.length };
  };
  return handler(addPartitionsToTxn, {
    handle: async ({ transactionalId, producerId, producerEpoch, topics }, { version, caller }) => {
      const tooMany = refuseTooManyPartitions(topics, tools);
      if (tooMany !== null) return tooMany;
      const faults = faultsOf(topics, (name) => lookAt(name, caller));
      if (faults !== null) return faults;
      const partitions = new Map<string, number[]>();
      for (const topic of topics) {
        const topicId = catalog.idOf(topic.name)!;
        const ofTopic = partitions.get(topicId) ?? [];
        for (const partition of topic.partitions) ofTopic.push(partition);
        partitions.set(topicId, ofTopic);
      }
      const claim = { transactionalId, producer: { producerId, producerEpoch } };
      await tellingTransactionErrors(transactions.add(claim, partitions, caller), version, errorsSince);
      return answerWith(topics, kafkaErrorCode.NONE);
    },
    refuse: (code, { topics }) => answerWith(topics, coordinatorErrorCode(code)),
    errorCodesIn: ({ results }) =>
      results.flatMap((topic) =>
        topic.results.map(({ errorCode }) => errorCode).filter((code) => code !== kafkaErrorCode.NONE),
      ),
  });
}

/** What is told where a partition cannot be added; null where all can. */
function faultsOf(
  topics: Topics,
  lookAt: (name: string) => { readonly code: number; readonly count: number },
): Answer | null {
  let isWhole = true;
  const results = topics.map(({ name, partitions }) => {
    const { code, count } = lookAt(name);
    return {
      name,
      results: partitions.map((partitionIndex) => {
        const isThere = partitionIndex >= 0 && partitionIndex < count;
        isWhole &&= isThere;
        return { partitionIndex, errorCode: isThere ? kafkaErrorCode.OPERATION_NOT_ATTEMPTED : code };
      }),
    };
  });
  return isWhole ? null : { results };
}

function answerWith(topics: Topics, errorCode: number): Answer {
  return {
    results: topics.map(({ name, partitions }) => ({
      name,
      results: partitions.map((partitionIndex) => ({ partitionIndex, errorCode })),
    })),
  };
}

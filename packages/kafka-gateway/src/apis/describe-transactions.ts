/**
 * DescribeTransactions: what is going on under each transactional id (row X3).
 */
import { topicNamed } from '@q/broker';
import type { DoorTools, Services } from '@q/broker';
import { QError } from '@q/protocol';
import { kafkaCodeOf, kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { AnswerOf } from '../messages/api.ts';
import { describeTransactions } from '../messages/describe-transactions.ts';
import { handler, Silence } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { kafkaTransactionStates } from './transaction-states.ts';

type Line = AnswerOf<typeof describeTransactions>['transactionStates'][number];

export function describeTransactionsHandler(
  { transactions, topics, access }: Pick<Services, 'transactions' | 'topics' | 'access'>,
  { limits }: Pick<DoorTools, 'limits'>,
): Handler {
  /** Partitions of topics that the caller may not see are left out, as in Kafka. */
  const topicsOf = (partitions: ReadonlyMap<string, readonly number[]>, caller: KafkaCaller): Line['topics'] =>
    [...partitions].flatMap(([topicId, indexes]) => {
      const topic = topics.nameOf(topicId);
      if (topic === undefined || !access.sees(caller, 'describe', topicNamed(topic))) return [];
      return [{ topic, partitions: indexes }];
    });
  const lineOf = (transactionalId: string, caller: KafkaCaller): Line => {
    const { state, timeoutMs, startedWallMs, producer, partitions } = transactions.describe(transactionalId, caller);
    return {
      errorCode: kafkaErrorCode.NONE,
      transactionalId,
      transactionState: kafkaTransactionStates[state],
      transactionTimeoutMs: timeoutMs,
      transactionStartTimeMs: startedWallMs ?? -1,
      ...producer,
      topics: topicsOf(partitions, caller),
    };
  };
  return handler(describeTransactions, {
    mayBeLong: true,
    handle: ({ transactionalIds }, { caller }) => {
      if (transactionalIds.length > limits.transactionalIdsMax) return new Silence({ thenClose: true });
      return {
        // Once each: what is told of one is so much longer than its name.
        transactionStates: [...new Set(transactionalIds)].map((transactionalId) => {
          try {
            return lineOf(transactionalId, caller);
          } catch (error) {
            if (!QError.is(error)) throw error;
            return refusedLine(transactionalId, codeOf(error));
          }
        }),
      };
    },
    errorCodesIn: ({ transactionStates }) =>
      transactionStates.map(({ errorCode }) => errorCode).filter((code) => code !== kafkaErrorCode.NONE),
    refuse: (code, { transactionalIds }) => ({
      transactionStates: transactionalIds.map((transactionalId) => refusedLine(transactionalId, code)),
    }),
  });
}

function codeOf(error: QError): number {
  return error.code === 'UNKNOWN_TRANSACTIONAL_ID' ? kafkaErrorCode.TRANSACTIONAL_ID_NOT_FOUND : kafkaCodeOf(error);
}

function refusedLine(transactionalId: string, errorCode: number): Line {
  return {
    errorCode,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: -1,
    producerId: -1,
    producerEpoch: -1,
    topics: [],
  };
}

/**
 * ListTransactions: the transactional ids that the caller may see (row X3).
 */
import type { DoorTools, Services } from '@q/broker';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { listTransactions } from '../messages/list-transactions.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { kafkaTransactionStates, otherKafkaStates } from './transaction-states.ts';

const knownStates: ReadonlySet<string> = new Set([...Object.values(kafkaTransactionStates), ...otherKafkaStates]);

export function listTransactionsHandler(
  { transactions }: Pick<Services, 'transactions'>,
  { clock }: Pick<DoorTools, 'clock'>,
): Handler {
  return handler(listTransactions, {
    mayBeLong: true,
    handle: ({ stateFilters, producerIdFilters, durationFilter }, { caller }) => {
      const states = new Set(stateFilters);
      const producerIds = new Set(producerIdFilters);
      const startedBeforeMs = durationFilter < 0 ? null : clock.now() - durationFilter;
      const isWanted = (state: string, producerId: number, startedMs: number | null): boolean =>
        (states.size === 0 || states.has(state))
        && (producerIds.size === 0 || producerIds.has(producerId))
        && (startedBeforeMs === null || (startedMs !== null && startedMs < startedBeforeMs));
      return {
        errorCode: kafkaErrorCode.NONE,
        unknownStateFilters: [...states].filter((state) => !knownStates.has(state)),
        transactionStates: transactions.list(caller).flatMap(({ transactionalId, producer, startedWallMs, state }) => {
          const transactionState = kafkaTransactionStates[state];
          const { producerId } = producer;
          return isWanted(transactionState, producerId, startedWallMs)
            ? [{ transactionalId, producerId, transactionState }]
            : [];
        }),
      };
    },
    refuse: (errorCode) => ({ errorCode, unknownStateFilters: [], transactionStates: [] }),
  });
}

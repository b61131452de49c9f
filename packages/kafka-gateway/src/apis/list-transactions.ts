/**
 * ListTransactions: the transactional ids that the caller may see (row X3).
 */
import type { DoorTools, Services } from '@q/broker';
import { QError } from '@q/protocol';
import { parseNamePattern } from '@q/security';
import { KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { listTransactions } from '../messages/list-transactions.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { kafkaTransactionStates, otherKafkaStates } from './transaction-states.ts';

type Request = RequestOf<typeof listTransactions>;
type Line = AnswerOf<typeof listTransactions>['transactionStates'][number];
type Transaction = ReturnType<Services['transactions']['describe']>;

const knownStates: ReadonlySet<string> = new Set([...Object.values(kafkaTransactionStates), ...otherKafkaStates]);
/** Others have their turn after so long. */
const sliceMs = 2;

export function listTransactionsHandler(
  { transactions }: Pick<Services, 'transactions'>,
  { clock }: Pick<DoorTools, 'clock'>,
): Handler {
  const listed = async (all: readonly Transaction[], isWanted: (line: Line) => boolean): Promise<Line[]> => {
    const lines: Line[] = [];
    let begunAt = clock.monotonic();
    for (const { transactionalId, producer, state } of all) {
      const line = {
        transactionalId,
        producerId: producer.producerId,
        transactionState: kafkaTransactionStates[state],
      };
      if (isWanted(line)) lines.push(line);
      if (clock.monotonic() - begunAt < sliceMs) continue;
      await new Promise<void>((resolve) => clock.defer(resolve));
      begunAt = clock.monotonic();
    }
    return lines;
  };
  return handler(listTransactions, {
    mayBeLong: true,
    handle: async ({ stateFilters, producerIdFilters, durationFilter, transactionalIdPattern }, { caller }) => {
      const fits = patternOf(transactionalIdPattern);
      const states = new Set(stateFilters);
      const producerIds = new Set(producerIdFilters);
      const startedBeforeMs = durationFilter < 0 ? Infinity : clock.now() - durationFilter;
      const longEnough = transactions
        .list(caller)
        .filter(
          ({ startedWallMs }) => durationFilter < 0 || (startedWallMs !== null && startedWallMs < startedBeforeMs),
        );
      return {
        errorCode: kafkaErrorCode.NONE,
        unknownStateFilters: [...states].filter((state) => !knownStates.has(state)),
        transactionStates: await listed(
          longEnough,
          ({ transactionalId, producerId, transactionState }) =>
            (states.size === 0 || states.has(transactionState))
            && (producerIds.size === 0 || producerIds.has(producerId))
            && fits(transactionalId),
        ),
      };
    },
    refuse: (errorCode) => ({ errorCode, unknownStateFilters: [], transactionStates: [] }),
  });
}

/** What a client asks for since version 2. @throws KafkaError */
function patternOf(pattern: Request['transactionalIdPattern']): (transactionalId: string) => boolean {
  try {
    return parseNamePattern(pattern ?? '');
  } catch (error) {
    if (!QError.is(error)) throw error;
    throw new KafkaError('INVALID_REGULAR_EXPRESSION', error.message, { cause: error });
  }
}

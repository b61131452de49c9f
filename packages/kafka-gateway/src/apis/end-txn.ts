/**
 * EndTxn: commits or aborts, and answers when everybody who asks sees it (row X1). A client of version 5 is told as
 * whom it goes on; for older ones the epoch stays.
 */
import type { Services } from '@q/broker';
import { QError } from '@q/protocol';
import { coordinatorErrorCode } from '../errors/coordinator-errors.ts';
import { KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { tellingTransactionErrors } from '../errors/transaction-errors.ts';
import { endTxn } from '../messages/end-txn.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

const errorsSince = { fenced: 2, abortable: 5 };
/** First version that tells the next epoch (KIP-890). */
const raisesSince = 5;

/**
 * Java's client may send the end of a transaction before it has sent what is in it
 * (findings/java-commits-before-its-records.sh). Kafka refuses that for good, and the producer is dead. Whoever is told
 * to come again does so behind its records: a client whose partitions join by being written to sends no commit of
 * nothing.
 */
function toldEarly(raises: boolean): (error: unknown) => never {
  return (error) => {
    if (raises && QError.is(error) && error.details?.['isEarly'] === true)
      throw new KafkaError('CONCURRENT_TRANSACTIONS', 'nothing was written in it so far; send again', { cause: error });
    throw error;
  };
}

export function endTxnHandler({ transactions }: Pick<Services, 'transactions'>): Handler {
  return handler(endTxn, {
    handle: async ({ transactionalId, producerId, producerEpoch, committed }, { version, caller }) => {
      const producer = { producerId, producerEpoch };
      const outcome = committed ? 'commit' : 'abort';
      const end = { transactionalId, producer, outcome, raises: version >= raisesSince } as const;
      const ended = transactions.end(end, caller).catch(toldEarly(end.raises));
      const next = await tellingTransactionErrors(ended, version, errorsSince);
      return { errorCode: kafkaErrorCode.NONE, ...next };
    },
    refuse: (code) => ({ errorCode: coordinatorErrorCode(code) }),
  });
}

/**
 * EndTxn: commits or aborts, and answers when everybody who asks sees it (row X1). A client of version 5 is told as
 * whom it goes on; for older ones the epoch stays.
 */
import type { Services } from '@q/broker';
import { coordinatorErrorCode } from '../errors/coordinator-errors.ts';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { tellingTransactionErrors } from '../errors/transaction-errors.ts';
import { endTxn } from '../messages/end-txn.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

const errorsSince = { fenced: 2, abortable: 5 };
/** First version that tells the next epoch (KIP-890). */
const raisesSince = 5;

export function endTxnHandler({ transactions }: Pick<Services, 'transactions'>): Handler {
  return handler(endTxn, {
    handle: async ({ transactionalId, producerId, producerEpoch, committed }, { version, caller }) => {
      const producer = { producerId, producerEpoch };
      const outcome = committed ? 'commit' : 'abort';
      const end = { transactionalId, producer, outcome, raises: version >= raisesSince } as const;
      const next = await tellingTransactionErrors(transactions.end(end, caller), version, errorsSince);
      return { errorCode: kafkaErrorCode.NONE, ...next };
    },
    refuse: (code) => ({ errorCode: coordinatorErrorCode(code) }),
  });
}

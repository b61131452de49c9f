/**
 * AddOffsetsToTxn: older clients say which group's offsets a transaction is about to commit (row X2). Here the offsets
 * themselves say so; what is looked at is whether they would be taken.
 */
import type { Services } from '@q/broker';
import { coordinatorErrorCode } from '../errors/coordinator-errors.ts';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { tellingTransactionErrors } from '../errors/transaction-errors.ts';
import { addOffsetsToTxn } from '../messages/add-offsets-to-txn.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

/** Whose offsets they are is said when they come. */
const nobody = { memberId: '', instanceId: null, generation: -1 };
const errorsSince = { fenced: 2, abortable: 4 };

export function addOffsetsToTxnHandler({ transactions }: Pick<Services, 'transactions'>): Handler {
  return handler(addOffsetsToTxn, {
    handle: async ({ transactionalId, producerId, producerEpoch, groupId }, { version, caller }) => {
      const claim = { transactionalId, producer: { producerId, producerEpoch } };
      const staging = transactions.stageClassic(claim, { groupId, claim: nobody, topics: [] }, caller);
      await tellingTransactionErrors(staging, version, errorsSince);
      return { errorCode: kafkaErrorCode.NONE };
    },
    refuse: (code) => ({ errorCode: coordinatorErrorCode(code) }),
  });
}

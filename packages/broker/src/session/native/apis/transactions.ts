/**
 * END_TRANSACTION and STAGE_OFFSETS (rows X1, X2).
 */
import { EndTransaction, QError, StageOffsets, transactionOutcomeCode } from '@q/protocol';
import type {
  EndTransactionRequest,
  EndTransactionResponse,
  StageOffsetsRequest,
  StageOffsetsResponse,
} from '@q/protocol';
import type { Services } from '../../../services/services.ts';
import type { Handler } from '../handler.ts';
import { committedAnswer, holding } from './committed-offsets.ts';
import { errorsOfPartitions } from './wire-result.ts';

export function endTransactionHandler(
  transactions: Services['transactions'],
): Handler<EndTransactionRequest, EndTransactionResponse> {
  return {
    api: EndTransaction,
    handle: ({ transactionalId, outcome, ...producer }, caller) =>
      transactions.end({ transactionalId, producer, outcome: outcomeOf(outcome), raises: true }, caller),
  };
}

export function stageOffsetsHandler(
  transactions: Services['transactions'],
): Handler<StageOffsetsRequest, StageOffsetsResponse> {
  return {
    api: StageOffsets,
    handle: async ({ transactionalId, producerId, producerEpoch, ...commits }, caller) => {
      const claim = { transactionalId, producer: { producerId, producerEpoch } };
      return committedAnswer(await holding(caller.budget, transactions.stage(claim, commits, caller)));
    },
    errorsIn: errorsOfPartitions,
  };
}

function outcomeOf(code: number): 'commit' | 'abort' {
  if (code === transactionOutcomeCode.commit) return 'commit';
  if (code === transactionOutcomeCode.abort) return 'abort';
  throw new QError('INVALID_REQUEST', `outcome ${code} is not known; it is 0 (abort) or 1 (commit)`);
}

/**
 * INIT_PRODUCER: a new producer id, or a higher epoch for one (row P4); or who a producer of transactions is (row X1).
 */
import { InitProducer } from '@q/protocol';
import type { InitProducerRequest, InitProducerResponse } from '@q/protocol';
import type { Handler } from '../handler.ts';
import type { Services } from '../../../services/services.ts';

export function initProducerHandler({
  producerIds,
  transactions,
}: Pick<Services, 'producerIds' | 'transactions'>): Handler<InitProducerRequest, InitProducerResponse> {
  return {
    api: InitProducer,
    handle: ({ transactionalId, transactionTimeoutMs, ...held }, caller) => {
      const expected = held.producerId === -1 ? null : held;
      if (transactionalId !== null)
        return transactions.begin({ transactionalId, timeoutMs: transactionTimeoutMs, expected }, caller);
      return expected === null ? producerIds.create(caller) : producerIds.bump(expected, caller);
    },
  };
}

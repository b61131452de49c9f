/**
 * InitProducerId: an id for an idempotent producer (row B1). Transactions are not there yet.
 */
import type { Services } from '@q/broker';
import { QError } from '@q/protocol';
import { KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { initProducerId } from '../messages/init-producer-id.ts';
import type { RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import type { NoTransactions } from './no-transactions.ts';

type Request = RequestOf<typeof initProducerId>;
type ProducerIds = Services['producerIds'];
type Identity = Awaited<ReturnType<ProducerIds['create']>>;

export function initProducerIdHandler(
  { producerIds }: Pick<Services, 'producerIds'>,
  noTransactions: NoTransactions,
): Handler {
  return handler(initProducerId, {
    mayOverlap: true,
    handle: async (request, { caller }) => {
      if (request.transactionalId !== null) throw noTransactions.refusal(caller);
      return { errorCode: kafkaErrorCode.NONE, ...(await identityFor(request, producerIds, caller)) };
    },
    refuse: (errorCode) => ({ errorCode, producerId: -1, producerEpoch: -1 }),
  });
}

/** @throws KafkaError, QError */
async function identityFor(
  { producerId, producerEpoch }: Request,
  producerIds: ProducerIds,
  caller: KafkaCaller,
): Promise<Identity> {
  if ((producerId === -1) !== (producerEpoch === -1)) {
    throw new KafkaError('INVALID_REQUEST', 'a producer names its id and its epoch, or neither');
  }
  // Always a new one, as in Kafka: what a producer without a transactional id says that it has is not looked at.
  // @platformatic/kafka 2.12 names id 0 and epoch 0 each time; to raise that epoch makes two producers one, and the
  // records of the second are dropped as sent before.
  try {
    return await producerIds.create(caller);
  } catch (error) {
    // Ids belong to no topic: Kafka calls it a matter of the cluster.
    if (QError.is(error) && error.code === 'NOT_AUTHORIZED')
      throw new KafkaError('CLUSTER_AUTHORIZATION_FAILED', error.message, { cause: error });
    throw error;
  }
}

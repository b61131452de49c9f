/**
 * InitProducerId: an id for an idempotent producer (row B1), or who a producer of transactions is (row X1).
 */
import type { DoorTools, Services } from '@q/broker';
import { QError } from '@q/protocol';
import { KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { coordinatorErrorCode } from '../errors/coordinator-errors.ts';
import { tellingTransactionErrors } from '../errors/transaction-errors.ts';
import { initProducerId } from '../messages/init-producer-id.ts';
import type { RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller, RequestContext } from '../session/handler.ts';

type Request = RequestOf<typeof initProducerId>;
type ProducerIds = Services['producerIds'];
type Identity = Awaited<ReturnType<ProducerIds['create']>>;

const errorsSince = { fenced: 4, abortable: 6 };

export function initProducerIdHandler(
  { producerIds, transactions }: Pick<Services, 'producerIds' | 'transactions'>,
  { limits }: Pick<DoorTools, 'limits'>,
): Handler {
  const identityOf = async (request: Request, transactionalId: string, { version, caller }: RequestContext) => {
    const { transactionTimeoutMs: timeoutMs } = request;
    if (timeoutMs < 1 || timeoutMs > limits.transactionTimeoutMsMax)
      throw new KafkaError(
        'INVALID_TRANSACTION_TIMEOUT',
        `a transaction takes 1 to ${limits.transactionTimeoutMsMax} ms`,
      );
    const claims = !isBlank(request) || isOfFirstId(transactionalId, caller);
    const begin = { transactionalId, timeoutMs, expected: claims ? expectedOf(request) : null };
    return tellingTransactionErrors(transactions.begin(begin, caller), version, errorsSince);
  };
  /** Whether 0 can be what its producer is called. */
  const isOfFirstId = (transactionalId: string, caller: KafkaCaller): boolean => {
    try {
      return transactions.describe(transactionalId, caller).producer.producerId === 0;
    } catch (error) {
      if (QError.is(error) && error.code === 'UNKNOWN_TRANSACTIONAL_ID') return false;
      throw error;
    }
  };
  return handler(initProducerId, {
    mayOverlap: true,
    handle: async (request, context) => {
      const { transactionalId } = request;
      const identity =
        transactionalId === null
          ? await identityFor(request, producerIds, context.caller)
          : await identityOf(request, transactionalId, context);
      return { errorCode: kafkaErrorCode.NONE, ...identity };
    },
    refuse: (errorCode, { transactionalId }) => ({
      errorCode: transactionalId === null ? errorCode : coordinatorErrorCode(errorCode),
      producerId: -1,
      producerEpoch: -1,
    }),
  });
}

/** What @platformatic/kafka 2.12 says that it is when it is nobody yet. */
function isBlank({ producerId, producerEpoch }: Request): boolean {
  return producerId === 0 && producerEpoch === 0;
}

/** Who a producer of transactions was up to now; null: it does not say. @throws KafkaError */
function expectedOf({ producerId, producerEpoch }: Request): Identity | null {
  checkWhole({ producerId, producerEpoch });
  return producerId === -1 ? null : { producerId, producerEpoch };
}

/** @throws KafkaError */
function checkWhole({ producerId, producerEpoch }: Identity): void {
  if ((producerId === -1) !== (producerEpoch === -1))
    throw new KafkaError('INVALID_REQUEST', 'a producer names its id and its epoch, or neither');
}

/** @throws KafkaError, QError */
async function identityFor(request: Request, producerIds: ProducerIds, caller: KafkaCaller): Promise<Identity> {
  checkWhole(request);
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

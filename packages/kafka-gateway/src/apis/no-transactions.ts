import type { BrokerLogger, Caller } from '@q/broker';
import { KafkaError } from '../errors/kafka-errors.ts';
import { kafkaLimits } from '../limits.ts';

/** Of a client id in the log. */
const clientIdCharactersMax = 200;

/**
 * The refusal of a transactional id, as long as there are no transactions. Of the errors that could say so this is the
 * one on which every client gives up at once: Java 4.4, librdkafka 2.16 and franz-go 1.22 make it fatal, and kafkajs
 * 2.2 throws it. With UNSUPPORTED_VERSION librdkafka asks again every half second, for ever.
 *
 * Clients print that as a failed authorization. So the log says what it is: once for each client id, and for so many of
 * them only, because they are whatever clients send.
 */
export class NoTransactions {
  readonly #logger: Pick<BrokerLogger, 'warn'>;
  readonly #warnedOf = new Set<string>();

  constructor(logger: Pick<BrokerLogger, 'warn'>) {
    this.#logger = logger;
  }

  /** What to throw. */
  refusal({ clientId: given, address }: Pick<Caller, 'clientId' | 'address'>): KafkaError {
    const clientId = given.slice(0, clientIdCharactersMax);
    if (this.#warnedOf.size < kafkaLimits.transactionWarningsMax && !this.#warnedOf.has(clientId)) {
      this.#warnedOf.add(clientId);
      const what = 'a client asks for transactions, which are not supported yet; it is refused';
      this.#logger.warn({ event: 'kafka.transactions_refused', clientId, address }, what);
    }
    return new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'there are no transactions at this door');
  }
}

import type { Transaction } from '@q/coordinator';
import type { BrokerLogger } from '../../logger.ts';

/** Tells the log of a transaction that somebody else than its producer ends: whoever runs that wants to know why. */
export function tellUndone({ transactionalId, cause, timeoutMs, previous }: Transaction, logger: BrokerLogger): void {
  if (cause === 'timeout')
    logger.info(
      { event: 'transaction.timed_out', transactionalId, timeoutMs },
      'a transaction took longer than its time-out, and is aborted',
    );
  else if (cause === 'fence')
    logger.info(
      { event: 'transaction.fenced', transactionalId, producerId: previous!.producerId },
      'another instance begins to use a transactional id, and what the one before it had open is aborted',
    );
}

/**
 * A transaction ends: it is decided how, all that it touched is told, and its producer goes on in the next epoch.
 */
import { noPartitions } from '../partitions.ts';
import { producerEpochMax } from '../producer-ids.ts';
import type { ProducerIdentity } from '../producer-ids.ts';
import { isPrevious, isUndone, refuseOthers } from './claim.ts';
import { raised } from './raised.ts';
import { refuse, turn, unchanged } from './turn.ts';
import type { Turn } from './turn.ts';
import type { TransactionCommand, TransactionContext } from './transaction-step.ts';
import { isPrepared, noOffsets, outcomeOf } from './transaction.ts';
import type { EndCause, Outcome, Transaction } from './transaction.ts';

type End = TransactionCommand & { readonly kind: 'end' };

export function end(before: Transaction, command: End, context: TransactionContext): Turn {
  const { producer } = command;
  if (command.raises && isPrevious(before, producer) && before.state !== 'ongoing' && before.state !== 'empty')
    return repeated(before, command, context);
  const refusal = refuseOthers(before, producer);
  if (refusal !== null) return refusal;
  if (before.state === 'ongoing') return decide(before, command, context);
  if (!command.raises && outcomeOf(before) === command.outcome)
    return turn(before, isPrepared(before) ? { kind: 'ending' } : { kind: 'producer', producer });
  if (isPrepared(before))
    return refuse(before, 'CONCURRENT_TRANSACTIONS', 'the transaction before this one is still ending; send again');
  return nothing(before, command, context);
}

/** The answer to the first one was lost, or somebody else was faster, which for an abort comes to the same. */
function repeated(before: Transaction, { producer, outcome }: End, { freshProducerId }: TransactionContext): Turn {
  // Whatever it wanted, somebody else has taken over.
  if (before.cause === 'fence') return refuseOthers(before, producer)!;
  if (outcomeOf(before) !== outcome) {
    const refusal = isUndone(before) ? refuseOthers(before, producer) : null;
    return refusal ?? refuse(before, 'INVALID_TRANSACTION_STATE', endedOtherwise(before));
  }
  if (isPrepared(before)) return turn(before, { kind: 'ending' });
  if (before.producer.producerEpoch <= producerEpochMax)
    return turn(before, { kind: 'producer', producer: before.producer });
  // It was ended from outside in its last epoch.
  const next = raised(before.producer, freshProducerId);
  if (next === null) return turn(before, { kind: 'needs-producer-id' });
  return turn({ ...before, producer: next }, { kind: 'producer', producer: next });
}

/** Nothing was written in it. An abort raises the epoch all the same: what is still on its way is fenced by that. */
function nothing(before: Transaction, { outcome, producer, raises }: End, context: TransactionContext): Turn {
  if (outcome === 'commit')
    return turn(before, {
      kind: 'refused',
      code: 'INVALID_TRANSACTION_STATE',
      message: 'there is no transaction to commit',
      isEarly: true,
    });
  if (!raises) return turn(before, { kind: 'producer', producer });
  const next = raised(producer, context.freshProducerId);
  if (next === null) return turn(before, { kind: 'needs-producer-id' });
  const after: Transaction = {
    ...before,
    state: 'completeAbort',
    producer: next,
    previous: producer,
    cause: 'producer',
  };
  return turn(after, { kind: 'producer', producer: next });
}

function decide(before: Transaction, { outcome, raises }: End, { freshProducerId }: TransactionContext): Turn {
  const { producer } = before;
  const next = raises ? raised(producer, freshProducerId) : producer;
  if (next === null) return turn(before, { kind: 'needs-producer-id' });
  const after: Transaction = {
    ...before,
    state: outcome === 'commit' ? 'prepareCommit' : 'prepareAbort',
    producer: raises ? fenceOf(producer) : producer,
    previous: raises ? producer : before.previous,
    next,
    isRaised: raises,
    cause: 'producer',
  };
  return turn(after, { kind: 'ending' });
}

/** Somebody else than its producer ends it: what the producer still sends is fenced. */
export function abortBy(cause: EndCause, before: Transaction): Turn {
  const fence = fenceOf(before.producer);
  const after: Transaction = {
    ...before,
    state: 'prepareAbort',
    producer: fence,
    previous: before.producer,
    next: fence,
    isRaised: true,
    cause,
  };
  return turn(after, { kind: 'done' });
}

/** There is always an epoch above the last one that is handed out. */
function fenceOf({ producerId, producerEpoch }: ProducerIdentity): ProducerIdentity {
  return { producerId, producerEpoch: producerEpoch + 1 };
}

export function told(before: Transaction): Turn {
  if (!isPrepared(before)) return unchanged(before);
  const after: Transaction = {
    ...before,
    state: before.state === 'prepareCommit' ? 'completeCommit' : 'completeAbort',
    producer: before.next!,
    next: null,
    isRaised: false,
    startedMs: null,
    startedWallMs: null,
    partitions: noPartitions,
    offsets: noOffsets,
  };
  return turn(after, { kind: 'producer', producer: after.producer });
}

function endedOtherwise(before: Transaction): string {
  const outcome: Outcome | null = outcomeOf(before);
  return `the transaction has ended already, with ${outcome === 'commit' ? 'a commit' : 'an abort'}`;
}

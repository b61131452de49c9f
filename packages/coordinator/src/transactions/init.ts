/**
 * A producer begins to use a transactional id: whoever used it before is fenced, and its open transaction is aborted.
 */
import { checkIdentifier } from '../identifier.ts';
import { coordinatorLimits } from '../limits.ts';
import { noPartitions } from '../partitions.ts';
import { isPrevious, refuseOthers } from './claim.ts';
import { abortBy } from './end.ts';
import { raised } from './raised.ts';
import { refuse, turn } from './turn.ts';
import type { Turn } from './turn.ts';
import type { TransactionCommand, TransactionContext } from './transaction-step.ts';
import { isPrepared, noOffsets } from './transaction.ts';
import type { Transaction } from './transaction.ts';

type Init = TransactionCommand & { readonly kind: 'init' };

export function init(before: Transaction | null, command: Init, context: TransactionContext): Turn {
  const fault = faultOf(command, context);
  if (fault !== null) return refuse(before, 'INVALID_REQUEST', fault);
  if (before === null) return create(command, context);
  const { expected } = command;
  const isRepeated = expected !== null && isPrevious(before, expected);
  if (expected !== null && !isRepeated) {
    const refusal = refuseOthers(before, expected);
    if (refusal !== null) return refusal;
  }
  if (before.state === 'ongoing') return { ...abortBy('fence', before), result: { kind: 'wait' } };
  if (isPrepared(before)) return turn(before, { kind: 'wait' });
  // The answer to the first one was lost: nobody else can have heard of the epoch that it raised.
  if (isRepeated && before.state === 'empty') return turn(before, { kind: 'producer', producer: before.producer });
  return raise(before, command, context);
}

function faultOf({ transactionalId, timeoutMs }: Init, { timeoutMsMax }: TransactionContext): string | null {
  const { transactionalIdCharactersMax, transactionTimeoutMsMax } = coordinatorLimits;
  const fault = checkIdentifier(transactionalId, 'a transactional id', transactionalIdCharactersMax);
  if (fault !== null) return fault;
  const most = timeoutMsMax ?? transactionTimeoutMsMax;
  if (Number.isSafeInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= most) return null;
  return `a transaction takes 1 to ${most} ms, not ${timeoutMs}`;
}

/** Also for who was somebody here before: the id was not used for so long that it was forgotten. */
function create({ transactionalId, timeoutMs }: Init, { freshProducerId, nowMs, wallMs }: TransactionContext): Turn {
  if (freshProducerId === null) return { transaction: null, result: { kind: 'needs-producer-id' } };
  const producer = { producerId: freshProducerId, producerEpoch: 0 };
  const created: Transaction = {
    transactionalId,
    state: 'empty',
    producer,
    previous: null,
    next: null,
    timeoutMs,
    startedMs: null,
    startedWallMs: null,
    changedMs: nowMs,
    changedWallMs: wallMs,
    partitions: noPartitions,
    offsets: noOffsets,
    isRaised: false,
    cause: null,
  };
  return turn(created, { kind: 'producer', producer });
}

/** Who did not say who it was gets no second chance: another instance may have asked just before it. */
function raise(before: Transaction, { timeoutMs, expected }: Init, { freshProducerId }: TransactionContext): Turn {
  const producer = raised(before.producer, freshProducerId);
  if (producer === null) return turn(before, { kind: 'needs-producer-id' });
  // As whom it comes again if the answer is lost, which after an abort by somebody else is not the one of now.
  const after: Transaction = { ...before, state: 'empty', producer, previous: expected, timeoutMs, cause: null };
  return turn(after, { kind: 'producer', producer });
}

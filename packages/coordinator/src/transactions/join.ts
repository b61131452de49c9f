/**
 * What a transaction touches: partitions, by being written to, and offsets of groups.
 */
import { checkGroupId } from '../identifier.ts';
import { coordinatorLimits } from '../limits.ts';
import { countPartitions, isPartOf, union } from '../partitions.ts';
import { refuseOthers } from './claim.ts';
import { refuse, turn, unchanged } from './turn.ts';
import type { Turn } from './turn.ts';
import type { TransactionCommand, TransactionContext } from './transaction-step.ts';
import { isPrepared } from './transaction.ts';
import type { StagedOffset, StagedOffsets, Transaction } from './transaction.ts';

type Command<K extends TransactionCommand['kind']> = TransactionCommand & { readonly kind: K };

export function join(
  before: Transaction,
  { producer, partitions }: Command<'join'>,
  context: TransactionContext,
): Turn {
  const refusal = refuseToTouch(before, producer);
  if (refusal !== null) return refusal;
  if (before.state === 'ongoing' && isPartOf(partitions, before.partitions)) return unchanged(before);
  const all = union(before.partitions, partitions);
  const { transactionPartitionsMax } = coordinatorLimits;
  if (countPartitions(all) > transactionPartitionsMax)
    return refuse(before, 'TRANSACTION_LIMIT', `a transaction has at most ${transactionPartitionsMax} partitions`);
  return turn({ ...begun(before, context), partitions: all }, { kind: 'done' });
}

export function stage(before: Transaction, command: Command<'stage'>, context: TransactionContext): Turn {
  const { producer, groupId, offsets } = command;
  const refusal = refuseToTouch(before, producer);
  if (refusal !== null) return refusal;
  const fault = checkGroupId(groupId) ?? offsetFault(offsets);
  if (fault !== null) return refuse(before, 'INVALID_REQUEST', fault);
  if (offsets.length === 0) return unchanged(before);
  const all = withOffsets(before.offsets, groupId, offsets);
  const excess = excessOf(all);
  if (excess !== null) return refuse(before, 'TRANSACTION_LIMIT', excess);
  return turn({ ...begun(before, context), offsets: all }, { kind: 'done' });
}

/** After a start: what a partition holds counts, whatever was stored of it. */
export function found(before: Transaction, { partitions }: Command<'found'>, context: TransactionContext): Turn {
  if (isPartOf(partitions, before.partitions)) return unchanged(before);
  const partly = isPrepared(before) ? before : begun(before, context);
  return turn({ ...partly, partitions: union(before.partitions, partitions) }, { kind: 'done' });
}

function refuseToTouch(before: Transaction, producer: Command<'join'>['producer']): Turn | null {
  const refusal = refuseOthers(before, producer);
  if (refusal !== null) return refusal;
  if (!isPrepared(before)) return null;
  return refuse(before, 'CONCURRENT_TRANSACTIONS', 'the transaction before this one is still ending; send again');
}

function begun(before: Transaction, { nowMs, wallMs }: TransactionContext): Transaction {
  if (before.state === 'ongoing') return before;
  return { ...before, state: 'ongoing', startedMs: nowMs, startedWallMs: wallMs, cause: null };
}

function withOffsets(before: StagedOffsets, groupId: string, offsets: readonly StagedOffset[]): StagedOffsets {
  const ofGroup = new Map(before.get(groupId));
  for (const offset of offsets) ofGroup.set(`${offset.topicId}/${offset.partition}`, offset);
  return new Map(before).set(groupId, ofGroup);
}

function offsetFault(offsets: readonly StagedOffset[]): string | null {
  const { metadataCharactersMax } = coordinatorLimits;
  for (const { partition, commit } of offsets) {
    const { offset, metadata } = commit;
    if (!Number.isSafeInteger(offset) || offset < 0)
      return `an offset to commit is 0 or more, not ${offset} (partition ${partition})`;
    if (metadata === null || metadata === '') continue;
    if (metadata.length > metadataCharactersMax)
      return `metadata has at most ${metadataCharactersMax} characters, this one has ${metadata.length}`;
    if (!metadata.isWellFormed()) return 'metadata must not have half a surrogate pair';
  }
  return null;
}

function excessOf(offsets: StagedOffsets): string | null {
  const { transactionGroupsMax, transactionOffsetsMax, transactionMetadataCharactersMax } = coordinatorLimits;
  if (offsets.size > transactionGroupsMax) return `a transaction has offsets of at most ${transactionGroupsMax} groups`;
  let count = 0;
  let characters = 0;
  for (const ofGroup of offsets.values()) {
    count += ofGroup.size;
    for (const { commit } of ofGroup.values()) characters += commit.metadata?.length ?? 0;
  }
  if (count > transactionOffsetsMax) return `a transaction has at most ${transactionOffsetsMax} offsets`;
  if (characters > transactionMetadataCharactersMax)
    return `the metadata of a transaction's offsets have at most ${transactionMetadataCharactersMax} characters`;
  return null;
}

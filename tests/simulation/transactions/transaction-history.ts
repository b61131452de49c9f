import type { ProducerIdentity } from '@q/coordinator';

/** One record that a transaction wrote, or may have written. */
export interface WrittenRecord {
  readonly value: string;
  readonly key: string;
  readonly topic: string;
  readonly partition: number;
  /** Null: its batch was not acknowledged. */
  offset: number | null;
}

/** What its producer knows of the end. `unknown`: it has asked for one, or somebody else has taken over. */
export type KnownEnd = 'open' | 'committed' | 'aborted' | 'unknown';

export interface WrittenTransaction {
  readonly number: number;
  readonly transactionalId: string;
  readonly producer: ProducerIdentity;
  readonly records: WrittenRecord[];
  /** The offset of its own group that it has staged; null: none that was acknowledged. */
  staged: number | null;
  end: KnownEnd;
}

/** A step on the offset of a group, in the order in which its one user made them. */
export interface OffsetStep {
  readonly offset: number;
  readonly isSure: () => boolean;
  readonly mayBe: () => boolean;
}

/** What was asked for in a run, and what was answered. */
export class TransactionHistory {
  readonly transactions: WrittenTransaction[] = [];
  /** Plain records that were acknowledged: `topic/partition/offset` by value. */
  readonly plain: Map<string, { readonly topic: string; readonly partition: number; readonly offset: number }> =
    new Map();
  readonly plainSent: Set<string> = new Set();
  /** Of groups that one instance alone uses. */
  readonly offsets: Map<string, OffsetStep[]> = new Map();
  /** The newest producer that a begin was answered with, and how often one was asked for. */
  readonly begun: Map<string, ProducerIdentity> = new Map();
  readonly begins: Map<string, number> = new Map();
  readonly #live = new Set<WrittenTransaction>();

  begin(transactionalId: string, producer: ProducerIdentity): WrittenTransaction {
    const number = this.transactions.length;
    const begun: WrittenTransaction = {
      number,
      transactionalId,
      producer,
      records: [],
      staged: null,
      end: 'open',
    };
    this.transactions.push(begun);
    this.#live.add(begun);
    return begun;
  }

  /** A begin is asked for: whoever used the id before may be fenced from now on. */
  beginning(transactionalId: string): void {
    this.begins.set(transactionalId, this.beginsOf(transactionalId) + 1);
  }

  beginsOf(transactionalId: string): number {
    return this.begins.get(transactionalId) ?? 0;
  }

  begunAs(transactionalId: string, producer: ProducerIdentity): void {
    const before = this.begun.get(transactionalId);
    if (before === undefined || isNewer(producer, before)) this.begun.set(transactionalId, producer);
    for (const each of this.#live)
      if (each.transactionalId === transactionalId && isNewer(producer, each.producer)) this.#live.delete(each);
  }

  /** Whether somebody else has been told, by now, that the id is its. */
  isFenced({ transactionalId, producer }: Pick<WrittenTransaction, 'transactionalId' | 'producer'>): boolean {
    const newest = this.begun.get(transactionalId);
    return newest !== undefined && isNewer(newest, producer);
  }

  /** Its end was answered. */
  over(transaction: WrittenTransaction): void {
    this.#live.delete(transaction);
  }

  /** Whether another transaction than this one may be open in the partition, as far as anybody knows. */
  mayBeHeldBack(transaction: WrittenTransaction, topic: string, partition: number): boolean {
    for (const each of this.#live)
      if (
        each !== transaction
        && each.records.some((record) => record.topic === topic && record.partition === partition)
      )
        return true;
    return false;
  }

  offsetStep(groupId: string, step: OffsetStep): void {
    const steps = this.offsets.get(groupId);
    if (steps === undefined) this.offsets.set(groupId, [step]);
    else steps.push(step);
  }
}

function isNewer(left: ProducerIdentity, right: ProducerIdentity): boolean {
  return left.producerId === right.producerId && left.producerEpoch > right.producerEpoch;
}

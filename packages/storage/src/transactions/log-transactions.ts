import { AbortedTransactions } from './aborted-transactions.ts';

/*
 * The transactions of one log: which are open, and which were aborted.
 *
 * Invariants
 * - A transaction is open from its first record to its marker. `#open` is ascending by first offset, and has each
 *   producer once.
 * - It holds back `firstUnstable` until its marker is durable. Up to there it is in `#ended`, which is ascending by
 *   marker, and is open again when the marker is taken back.
 * - `aborted` has every aborted transaction whose marker is in the log, durable or not.
 */

/** A transaction that a log has records of, and no marker. */
export interface OpenTransaction {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly firstOffset: number;
}

interface EndedTransaction {
  readonly transaction: OpenTransaction;
  readonly markerOffset: number;
}

export class LogTransactions {
  readonly aborted: AbortedTransactions = new AbortedTransactions();
  /** The first offset that may belong to a transaction without a durable marker; Infinity: there is none. */
  firstUnstable: number = Infinity;
  readonly #open = new Map<number, OpenTransaction>();
  #ended: EndedTransaction[] = [];

  /** The oldest first. */
  get open(): Iterable<OpenTransaction> {
    return this.#open.values();
  }

  of(producerId: number): OpenTransaction | null {
    return this.#open.get(producerId) ?? null;
  }

  /** Records of a transaction were appended. */
  wrote(producerId: number, producerEpoch: number, baseOffset: number): void {
    if (this.#open.has(producerId)) return;
    this.#open.set(producerId, { producerId, producerEpoch, firstOffset: baseOffset });
    this.firstUnstable = Math.min(this.firstUnstable, baseOffset);
  }

  /** A marker was appended; one of a producer that has written nothing since its last one ends nothing. */
  ended(producerId: number, outcome: 'abort' | 'commit', markerOffset: number): void {
    const transaction = this.#open.get(producerId);
    if (transaction === undefined) return;
    this.#open.delete(producerId);
    this.#ended.push({ transaction, markerOffset });
    if (outcome === 'commit') return;
    const { firstOffset } = transaction;
    const lastStableOffset = Math.min(this.#firstOpen(), markerOffset + 1);
    this.aborted.add({ producerId, firstOffset, lastOffset: markerOffset, lastStableOffset });
  }

  /** Everything below `durableEnd` can no longer be taken back. */
  settle(durableEnd: number): void {
    if (this.firstUnstable === Infinity || this.#ended.length === 0) return;
    let settled = 0;
    while (settled < this.#ended.length && this.#ended[settled]!.markerOffset < durableEnd) settled += 1;
    if (settled === 0) return;
    this.#ended.splice(0, settled);
    this.#look();
  }

  /** Takes back everything at or beyond `endOffset`. */
  rollbackTo(endOffset: number): void {
    const open = [...this.#open.values(), ...this.#ended.filter((each) => each.markerOffset >= endOffset).map(asOpen)];
    this.#ended = this.#ended.filter(({ markerOffset }) => markerOffset < endOffset);
    this.aborted.truncateEnd(endOffset);
    this.#put(open.filter(({ firstOffset }) => firstOffset < endOffset));
  }

  /** As a snapshot has them: the first step of a start. */
  load(open: Iterable<OpenTransaction>): void {
    this.#put([...open]);
  }

  /** Before all of it is made again from the log. */
  clear(): void {
    this.#put([]);
    this.#ended = [];
    this.aborted.clear();
  }

  #put(open: readonly OpenTransaction[]): void {
    this.#open.clear();
    for (const each of open.toSorted((a, b) => a.firstOffset - b.firstOffset)) this.#open.set(each.producerId, each);
    this.#look();
  }

  #look(): void {
    const unstable = this.#ended.reduce((first, { transaction }) => Math.min(first, transaction.firstOffset), Infinity);
    this.firstUnstable = Math.min(unstable, this.#firstOpen());
  }

  #firstOpen(): number {
    for (const { firstOffset } of this.#open.values()) return firstOffset;
    return Infinity;
  }
}

function asOpen({ transaction }: EndedTransaction): OpenTransaction {
  return transaction;
}

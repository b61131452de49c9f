/**
 * What groups have noted of the transactions that committed offsets of them, and when that may be forgotten.
 *
 * Invariant: a note is forgotten only once nothing tells that transaction again, whatever comes: that it has been told
 * is stored. Its offsets would else be committed a second time, over all that the group has committed since.
 */
import { isPrepared } from '@q/coordinator';
import type { ProducerIdentity, Transaction } from '@q/coordinator';
import type { Clock } from '../../clock.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { GroupDirectory } from '../groups/group-directory.ts';
import type { LiveGroup } from '../groups/live-group.ts';
import { stillCommitting } from '../groups/transaction-notes.ts';
import type { TransactionNotes } from '../groups/transaction-notes.ts';
import type { LiveTransaction } from './live-transaction.ts';
import type { OutcomeTeller } from './outcome-teller.ts';
import type { TransactionDirectory } from './transaction-directory.ts';

export interface GroupNotesOptions {
  readonly groups: GroupDirectory;
  readonly directory: TransactionDirectory;
  readonly teller: Pick<OutcomeTeller, 'isStopped'>;
  /** Resolves when it is told, or after a while. */
  readonly untilTold: (live: LiveTransaction) => Promise<void>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly limits: Pick<BrokerLimits, 'transactionWaitMsMax'>;
}

export class GroupNotes implements TransactionNotes {
  readonly #options: GroupNotesOptions;
  /** Notes of transactions that nothing tells again. */
  readonly #ended = new WeakSet<ProducerIdentity>();

  constructor(options: GroupNotesOptions) {
    this.#options = options;
  }

  areEnded(group: LiveGroup): boolean {
    for (const note of group.applied.values()) if (!this.#ended.has(note)) return false;
    return true;
  }

  isFree(group: LiveGroup): boolean {
    return this.areEnded(group) && this.#committingIn(group).length === 0;
  }

  async settle(group: LiveGroup): Promise<void> {
    const { clock, limits, teller } = this.#options;
    const deadlineMs = clock.monotonic() + limits.transactionWaitMsMax;
    while (!this.isFree(group)) {
      if (clock.monotonic() >= deadlineMs || teller.isStopped) throw stillCommitting(group.groupId);
      const notes = [...group.applied].filter(([, note]) => !this.#ended.has(note));
      await Promise.all([
        ...notes.map(([transactionalId, note]) => this.#endNote(transactionalId, note)),
        ...this.#committingIn(group).map((live) => this.#endTelling(live)),
      ]);
    }
  }

  /**
   * A producer that keeps its epoch is in this transaction who it was in the one before: what its group has noted of
   * that one would pass for this one, whose offsets would not be committed. So it is forgotten, durably, once nobody
   * tells that one again.
   */
  async makeWay(live: LiveTransaction, groupId: string): Promise<void> {
    while (live.makingWay !== null) await live.makingWay;
    const group = this.#options.groups.find(groupId);
    if (group === null || !isNotedIn(group, live)) return;
    const forget = async (): Promise<void> => {
      live.save();
      await live.settled();
      if (isNotedIn(group, live)) group.forgetTransactions(live.transactionalId);
      await group.settled();
    };
    live.makingWay = forget().finally(() => (live.makingWay = null));
    await live.makingWay;
  }

  /** The id has expired: no group has to know any more what it has committed last, once that is stored. */
  forgetExpired(live: LiveTransaction): void {
    live.whenSettled((isStored) => {
      if (!isStored || live.newest !== null) return;
      for (const group of this.#options.groups.groups()) group.forgetTransactions(live.transactionalId);
    });
  }

  /** Transactions that are decided, and whose offsets the group may not have yet. */
  #committingIn({ groupId }: LiveGroup): LiveTransaction[] {
    const isCommitting = ({ newest }: LiveTransaction): boolean =>
      newest?.state === 'prepareCommit' && newest.offsets.has(groupId);
    return [...this.#options.directory.all()].filter(isCommitting);
  }

  async #endNote(transactionalId: string, note: ProducerIdentity): Promise<void> {
    const live = this.#options.directory.find(transactionalId);
    if (live !== null) {
      if (isTelling(live.newest, note)) await this.#endTelling(live);
      if (isTelling(live.newest, note)) return;
      live.save();
      await live.settled();
    }
    this.#ended.add(note);
  }

  /** What could not be stored of it is told to whoever waits. */
  async #endTelling(live: LiveTransaction): Promise<void> {
    await this.#options.untilTold(live);
    await live.settled();
  }
}

/** As the producer of a transaction that is not decided yet, and so not of this one. */
function isNotedIn(group: LiveGroup, { newest, transactionalId }: LiveTransaction): boolean {
  const noted = group.applied.get(transactionalId);
  if (noted === undefined || newest === null || isPrepared(newest)) return false;
  return isSame(noted, newest.producer);
}

function isTelling(transaction: Transaction | null, note: ProducerIdentity): boolean {
  return transaction !== null && isPrepared(transaction) && isSame(transaction.producer, note);
}

function isSame(left: ProducerIdentity, right: ProducerIdentity): boolean {
  return left.producerId === right.producerId && left.producerEpoch === right.producerEpoch;
}

import type { AssignedTopic, QError } from '@q/protocol';

import type { Cluster } from '../cluster/cluster.ts';
import type { TopicMetadata } from '../cluster/topic-metadata.ts';
import type { PartitionReader } from '../consumer/partition-reader.ts';
import type { PartitionSet } from '../consumer/partition-set.ts';
import { toQError } from '../retry.ts';
import type { Committer } from './committer.ts';
import { fulfilledWithin } from './deadline.ts';
import type { GroupEmitter } from './group-events.ts';
import type { ResolvedGroupOptions } from './group-options.ts';
import { findPositions, isFleetingStart } from './group-positions.ts';
import type { GroupPosition } from './group-positions.ts';
import type { Membership } from './membership.ts';
import type { OwnedPartition } from './owned-partition.ts';
import type { Ownership } from './ownership.ts';

export interface AssignmentOptions {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly options: ResolvedGroupOptions;
  readonly set: PartitionSet;
  readonly ownership: Ownership;
  readonly committer: Committer;
  readonly membership: Membership;
  readonly emitter: GroupEmitter;
  /** What hands the messages out. */
  readonly flow: {
    begin(owned: OwnedPartition, reader: PartitionReader): void;
    stop(owned: OwnedPartition): void;
    forget(owned: OwnedPartition): void;
  };
  /** Every partition that is assigned has its position. */
  readonly onTakenUp: () => void;
}

/**
 * Moves what this member owns to what the group assigns: takes partitions up where the group left off, and gives others
 * up after what was handed out of them is done and committed.
 *
 * Invariants
 * - A partition is given up on its own: the others flow on.
 * - The group hears that a partition was let go only after its last commit was answered, or the time for it was over.
 * - A partition that is assigned again while it is being given up is given up first, and taken up anew.
 */
export class Assignment {
  readonly #o: AssignmentOptions;
  #topicId = '';
  #wanted: ReadonlySet<number> = new Set();
  #isKnown = false;
  #isClosed = false;
  /** Let go, and about to be told. */
  #released: OwnedPartition[] = [];
  #grownFrom = Number.POSITIVE_INFINITY;

  constructor(o: AssignmentOptions) {
    this.#o = o;
  }

  /** Partitions that the topic gets from now on are read from their beginning. */
  begin(metadata: TopicMetadata): void {
    this.#grownFrom = metadata.partitions.length;
  }

  /** What may be owned from now on. */
  apply(assigned: readonly AssignedTopic[]): void {
    const mine = assigned.find(({ name }) => name === this.#o.topic);
    if (mine !== undefined) this.#topicId = mine.topicId;
    this.#wanted = new Set(mine?.partitions);
    this.#isKnown = true;
    this.#reconcile();
  }

  /** What is owned, for heartbeats. */
  owned(): AssignedTopic[] {
    const byTopic = Map.groupBy(this.#o.ownership.all(), ({ topicId }) => topicId);
    return [...byTopic].map(([topicId, owned]) => ({
      topicId,
      name: this.#o.topic,
      partitions: owned.map(({ partition }) => partition).toSorted((a, b) => a - b),
    }));
  }

  /** They may be somebody else's already: nothing is waited for, and nothing is committed. */
  lose(partitions: readonly OwnedPartition[], reason: QError): void {
    const known = partitions.filter(({ reader }) => reader !== null).map(({ partition }) => partition);
    for (const owned of partitions) this.#leave(owned, reason.message);
    if (known.length > 0) this.#o.emitter.emit('lost', { partitions: known });
  }

  /** All of it, until the group assigns anew. */
  loseAll(reason: QError): void {
    this.#wanted = new Set();
    this.lose(this.#o.ownership.all(), reason);
  }

  /** The topic was deleted and made again. */
  madeAnew(metadata: TopicMetadata, reason: QError): void {
    // All of the new one came after the consumer began.
    this.#grownFrom = 0;
    this.lose(
      this.#o.ownership.all().filter(({ topicId }) => topicId !== metadata.topicId),
      reason,
    );
    this.#o.membership.doubt();
    this.#reconcile();
  }

  /** Everything goes, and nobody is told. */
  dropAll(because: string): void {
    for (const owned of this.#o.ownership.all()) this.#leave(owned, because);
  }

  /** The assignment is followed no more: the consumer is leaving. */
  close(): void {
    this.#isClosed = true;
  }

  /** Commits what is acknowledged (unless that is done by hand), as far as the time allows. */
  async commitWithin(partitions: readonly OwnedPartition[], timeoutMs: number): Promise<void> {
    const {
      committer,
      options,
      cluster: { clock },
    } = this.#o;
    if (options.commitIntervalMs !== null) committer.take(partitions);
    await fulfilledWithin(committer.untilIdle(partitions), {
      clock,
      timeoutMs,
      what: 'Committing what was acknowledged',
      onFailure: (thrown) => this.#trouble(thrown),
    });
  }

  #reconcile(): void {
    if (this.#isClosed || !this.#isKnown) return;
    const { ownership } = this.#o;
    for (const owned of ownership.all())
      if (owned.state !== 'releasing' && !this.#isWanted(owned)) void this.#release(owned);
    const fresh = [...this.#wanted]
      .filter((partition) => ownership.find(partition) === undefined)
      .map((partition) => ownership.add(this.#topicId, partition));
    if (fresh.length === 0) return this.#tellTakenUp();
    this.#o.membership.tell();
    void this.#takeUp(fresh);
  }

  #isWanted(owned: OwnedPartition): boolean {
    return owned.topicId === this.#topicId && this.#wanted.has(owned.partition);
  }

  async #takeUp(fresh: readonly OwnedPartition[], tries = 1): Promise<void> {
    const { cluster, topic, set, options, committer } = this.#o;
    try {
      const positions = await findPositions(fresh, {
        cluster,
        topic,
        member: this.#o.membership,
        from: options.from,
        grownFrom: this.#grownFrom,
        signal: set.closing,
      });
      this.#activate(positions.filter(({ isFleeting }) => !isFleeting));
      const fleeting = positions.filter(({ isFleeting }) => isFleeting);
      // A crash before the first commit must not make the next start choose a later position. All in one request: the
      // group has begun with all of them, or with none.
      await Promise.all(fleeting.map(({ owned, offset }) => committer.commit(owned, { offset, metadata: null })));
      this.#activate(fleeting);
      this.#positioned(fresh);
    } catch (thrown) {
      this.#positioned(fresh.filter(({ state }) => state === 'releasing'));
      const error = toQError(thrown, `taking up partitions of topic "${topic}"`);
      if (set.closing.aborted || fresh.every(({ isGone }) => isGone)) return;
      if (error.code === 'PARTITION_NOT_OWNED') void this.#takeUpLater(fresh, tries);
      else set.fail(error);
    }
  }

  /**
   * The group does not know yet, or no longer, that they are ours: it is asked, and what it leaves us is tried again.
   */
  async #takeUpLater(partitions: readonly OwnedPartition[], tries: number): Promise<void> {
    const { cluster, set } = this.#o;
    const mayGoOn = await cluster.pauseUnlessOver(tries, set.closing);
    this.#positioned(partitions.filter(({ state }) => state === 'releasing'));
    const left = partitions.filter(({ state }) => state === 'positioning');
    if (mayGoOn && left.length > 0 && !this.#isClosed) await this.#takeUp(left, tries + 1);
  }

  #positioned(partitions: readonly OwnedPartition[]): void {
    for (const owned of partitions) owned.hasPosition = true;
    this.#o.ownership.notify();
  }

  #activate(positions: readonly GroupPosition[]): void {
    const begun = positions.filter(({ owned }) => owned.state === 'positioning' && !this.#isClosed);
    for (const { owned, offset } of begun) {
      owned.tracker.reset(offset);
      owned.committedPrefix = offset;
      owned.reader = this.#o.set.add(owned.partition, { position: offset, endOffset: null });
      owned.state = 'active';
      this.#o.flow.begin(owned, owned.reader);
    }
    if (begun.length > 0) this.#o.emitter.emit('assigned', { partitions: begun.map(({ owned }) => owned.partition) });
    this.#tellTakenUp();
  }

  async #release(owned: OwnedPartition): Promise<void> {
    const { ownership, options, flow, set } = this.#o;
    owned.state = 'releasing';
    if (owned.reader !== null) {
      flow.stop(owned);
      set.remove(owned.reader);
      await ownership.until(
        () => owned.isQuiet || owned.isGone,
        Math.min(options.drainTimeoutMs, options.rebalanceTimeoutMs / 2),
      );
      owned.close('it was assigned to another member');
      if (!owned.isGone) await this.commitWithin([owned], options.rebalanceTimeoutMs / 4);
    } else if (isFleetingStart(options.from)) {
      // Else its next owner would take it for one that was added after the group began (group-positions.ts).
      await ownership.until(() => owned.hasPosition || owned.isGone, options.rebalanceTimeoutMs / 4);
    }
    if (owned.isGone || this.#isClosed) return;
    // Those that are let go in one turn are told together.
    if (this.#released.length === 0) this.#o.cluster.clock.defer(() => this.#tellReleased());
    this.#released.push(owned);
  }

  #tellReleased(): void {
    const released = this.#released.filter(({ isGone }) => !isGone);
    this.#released = [];
    if (released.length === 0 || this.#isClosed) return;
    const known = released.filter(({ reader }) => reader !== null).map(({ partition }) => partition);
    if (known.length > 0) this.#o.emitter.emit('revoked', { partitions: known });
    for (const owned of released) this.#leave(owned, 'it was assigned to another member');
    this.#o.membership.tell();
    this.#reconcile();
  }

  #leave(owned: OwnedPartition, because: string): void {
    const { reader } = owned;
    this.#o.flow.forget(owned);
    if (reader !== null) this.#o.set.remove(reader);
    this.#o.ownership.leave(owned, because);
    this.#o.committer.forget(owned);
  }

  #tellTakenUp(): void {
    if (this.#o.ownership.all().every(({ state }) => state !== 'positioning')) this.#o.onTakenUp();
  }

  #trouble(thrown: unknown): void {
    this.#o.emitter.error(toQError(thrown, 'committing offsets'));
  }
}

import { CommitOffset, errorEntry, QError } from '@q/protocol';
import type { CommitOffsetRequestTopic, CommitOffsetResponse } from '@q/protocol';

import type { Cluster } from '../cluster/cluster.ts';
import { toQError } from '../retry.ts';
import type { Member } from './member.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** What to commit of a partition: the offset of the next record to handle, and any text with it. */
interface Position {
  readonly offset: number;
  readonly metadata: string | null;
}

interface PendingCommit extends Position {
  readonly owned: OwnedPartition;
  /** Who waits for this offset, or for an older one that it stands for. */
  readonly waiters: PromiseWithResolvers<void>[];
}

/** The group has another idea of this member than we have: its heartbeats will find out which. */
const memberDoubts: ReadonlySet<string> = new Set(['UNKNOWN_MEMBER', 'FENCED_MEMBER_EPOCH', 'STALE_MEMBER_EPOCH', 'PARTITION_NOT_OWNED']);
/** Once that is settled the commit may succeed. */
const settledLater: ReadonlySet<string> = new Set(['UNKNOWN_MEMBER', 'FENCED_MEMBER_EPOCH', 'STALE_MEMBER_EPOCH']);

/**
 * Commits offsets.
 *
 * Invariants
 * - One request is under way at a time, so a partition's commits arrive in the order in which they were asked for, also when
 *   one has to be sent again. What is asked for meanwhile goes with the next: of each partition the newest.
 * - A commit that may succeed yet is repeated for as long as the partition is owned, with the epoch of that moment; then its
 *   waiters hear `PARTITION_NOT_OWNED`. Of one that cannot succeed they hear at once, or `onTrouble` does if nobody waits.
 */
export class Committer {
  readonly #cluster: Cluster;
  readonly #member: Member;
  readonly #onTrouble: (error: QError) => void;
  readonly #closing = new AbortController();
  readonly #pending = new Map<OwnedPartition, PendingCommit>();
  #inFlight = new Map<OwnedPartition, PendingCommit>();
  #isRunning = false;

  constructor(o: { cluster: Cluster; member: Member; onTrouble: (error: QError) => void }) {
    this.#cluster = o.cluster;
    this.#member = o.member;
    this.#onTrouble = o.onTrouble;
  }

  /** Resolves when the offset is durable. Throws what the broker says, or that the partition is not owned any more. */
  commit(owned: OwnedPartition, position: Position): Promise<void> {
    const waiter = Promise.withResolvers<void>();
    if (owned.isGone) waiter.reject(owned.notOwned());
    else this.#put({ owned, ...position, waiters: [waiter] });
    return waiter.promise;
  }

  /** Commits what was acknowledged of the partitions since the last time. Nobody waits for it. */
  take(partitions: readonly OwnedPartition[]): void {
    for (const owned of partitions) {
      const offset = owned.tracker.prefix;
      if (owned.isGone || owned.state === 'positioning' || offset === owned.takenPrefix) continue;
      owned.takenPrefix = offset;
      this.#put({ owned, offset, metadata: null, waiters: [] });
    }
  }

  /** Resolves when everything of the partitions that was given to be committed is durable. Throws the first failure. */
  async settled(partitions: readonly OwnedPartition[]): Promise<void> {
    const waits = partitions.flatMap((owned) => {
      const last = this.#pending.get(owned) ?? this.#inFlight.get(owned);
      if (last === undefined) return [];
      const waiter = Promise.withResolvers<void>();
      last.waiters.push(waiter);
      return [waiter.promise];
    });
    await Promise.all(waits);
  }

  /** The partition is gone: nothing of it is committed any more. */
  forget(owned: OwnedPartition): void {
    const pending = this.#pending.get(owned);
    this.#pending.delete(owned);
    for (const commit of [pending, this.#inFlight.get(owned)]) {
      for (const { reject } of commit?.waiters.splice(0) ?? []) reject(owned.notOwned());
    }
  }

  close(): void {
    this.#closing.abort(new QError('CLOSED', 'The consumer is closed'));
  }

  #put(commit: PendingCommit): void {
    const older = this.#pending.get(commit.owned);
    if (older !== undefined) commit.waiters.push(...older.waiters);
    this.#pending.set(commit.owned, commit);
    if (this.#isRunning) return;
    this.#isRunning = true;
    // At the end of the turn: what is asked for in one turn goes in one request.
    this.#cluster.clock.defer(() => void this.#run());
  }

  async #run(): Promise<void> {
    let tries = 0;
    while (this.#pending.size > 0 && !this.#closing.signal.aborted) {
      this.#inFlight = new Map(this.#pending);
      this.#pending.clear();
      const isDone = await this.#exchange([...this.#inFlight.values()]);
      this.#inFlight.clear();
      tries = isDone ? 0 : tries + 1;
      if (!isDone && !(await this.#cluster.pauseUnlessOver(tries, this.#closing.signal))) break;
    }
    this.#isRunning = false;
    if (this.#closing.signal.aborted) this.#failAll(this.#closing.signal.reason as QError);
  }

  #failAll(error: QError): void {
    for (const { waiters } of this.#pending.values()) for (const { reject } of waiters.splice(0)) reject(error);
    this.#pending.clear();
  }

  /** Returns false if some of it has to be sent again. */
  async #exchange(commits: readonly PendingCommit[]): Promise<boolean> {
    try {
      const { group, id, epoch } = this.#member;
      const topics = requestTopics(commits);
      const response = await this.#cluster.request(CommitOffset, { groupId: group, memberId: id, memberEpoch: epoch, topics }, { resend: false, signal: this.#closing.signal });
      const errors = answersOf(response);
      return commits.map((commit) => this.#settle(commit, errors(commit.owned))).every(Boolean);
    } catch (thrown) {
      const error = toQError(thrown, 'COMMIT_OFFSET');
      return commits.map((commit) => this.#settle(commit, error)).every(Boolean);
    }
  }

  /** Returns false if the commit has to be sent again. */
  #settle(commit: PendingCommit, error: QError | null): boolean {
    const { owned } = commit;
    if (error === null) {
      for (const { resolve } of commit.waiters.splice(0)) resolve();
      return true;
    }
    if (memberDoubts.has(error.code)) this.#member.doubt();
    if (!owned.isGone && (settledLater.has(error.code) || error.retriable)) {
      // A newer offset of the partition stands for this one.
      const newer = this.#pending.get(owned);
      if (newer === undefined) this.#pending.set(owned, commit);
      else newer.waiters.push(...commit.waiters);
      return false;
    }
    const failure = owned.isGone ? owned.notOwned() : error;
    if (commit.waiters.length === 0 && !owned.isGone) this.#onTrouble(failure);
    for (const { reject } of commit.waiters.splice(0)) reject(failure);
    return true;
  }
}

/** Commits of one topic each, as a rule; two ids of one name when it was deleted and made again. */
function requestTopics(commits: readonly PendingCommit[]): CommitOffsetRequestTopic[] {
  const byTopic = Map.groupBy(commits, ({ owned }) => owned.topicId);
  return [...byTopic].map(([topicId, ofTopic]) => ({
    topicId,
    partitions: ofTopic.map(({ owned, offset, metadata }) => ({ partition: owned.partition, offset, leaderEpoch: -1, metadata })),
  }));
}

function answersOf(response: CommitOffsetResponse): (owned: OwnedPartition) => QError | null {
  return ({ topic, topicId, partition }) => {
    const answer = response.topics.find((answered) => answered.topicId === topicId)?.partitions.find((answered) => answered.partition === partition);
    if (answer === undefined) return new QError('MALFORMED_FRAME', `The broker did not answer COMMIT_OFFSET for topic "${topic}", partition ${partition}`);
    if (answer.errorCode === 0) return null;
    const { name, description } = errorEntry(answer.errorCode);
    return new QError(name, `Topic "${topic}", partition ${partition}: ${answer.errorMessage ?? description}`, { details: { topic, partition } });
  };
}

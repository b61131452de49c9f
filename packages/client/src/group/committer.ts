import { CommitOffset, errorEntry, QError } from '@q/protocol';
import type { CommitOffsetRequestTopic, CommitOffsetResponse } from '@q/protocol';

import type { Timer } from '../clock.ts';
import { timerMsMin } from '../clock.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { backoffMs, toQError } from '../retry.ts';
import type { Member } from './member.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** What to commit of a partition: the offset of the next record to handle, and any text with it. */
interface Position {
  readonly offset: number;
  readonly metadata: string | null;
}

/** One commit in its partition's queue. */
interface Commit {
  /** What the application asks for; null: what is acknowledged without a gap when it is sent. */
  readonly asked: Position | null;
  readonly waiters: PromiseWithResolvers<void>[];
}

/** A commit that was sent, with how things stood then. */
interface Sent extends Position {
  readonly queue: CommitQueue;
  /** It answers for so many commits from the head of the queue on, of which it is the last. */
  readonly count: number;
  readonly isAsked: boolean;
  readonly prefix: number;
  readonly acked: number;
  readonly life: number;
}

/** What is to be committed of one partition. */
interface CommitQueue {
  readonly owned: OwnedPartition;
  readonly commits: Commit[];
  sent: Sent | null;
  tries: number;
  /** Monotonic; nothing is sent before. */
  notBeforeMs: number;
  /** Called when the queue has run empty, or is thrown away. */
  readonly onEmpty: (() => void)[];
}

/** The group has another idea of this member than we have: its heartbeats will find out which. */
const memberDoubts: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER',
  'FENCED_MEMBER_EPOCH',
  'STALE_MEMBER_EPOCH',
  'PARTITION_NOT_OWNED',
]);
/** Once they have, the commit may succeed. */
const passingDoubts: ReadonlySet<string> = new Set(['UNKNOWN_MEMBER', 'FENCED_MEMBER_EPOCH', 'STALE_MEMBER_EPOCH']);

/**
 * Commits offsets.
 *
 * Invariants
 * - One request is under way at a time, and a partition is in it once, so a partition's commits arrive in the order in
 *   which they were asked for, also when one has to be sent again.
 * - Everybody hears of their own commit. One stands for those before it only if its offset is not lower, and only when
 *   it succeeds: then they would have, too. What is acknowledged never stands for what was asked for, nor the other way
 *   round.
 * - A commit that may succeed yet is repeated for as long as the partition is owned, with the epoch of that moment;
 *   then its waiters hear `PARTITION_NOT_OWNED`. Of one that cannot succeed they hear at once.
 * - What is acknowledged is owed until it is committed: a refusal is told once, and `take` tries again. That a
 *   partition is not ours may pass, so then nobody has to ask.
 */
export class Committer {
  readonly #cluster: Cluster;
  readonly #member: Member;
  readonly #onTrouble: (error: QError) => void;
  readonly #onAskedDone: (owned: OwnedPartition, offset: number) => void;
  readonly #closing = new AbortController();
  readonly #queues = new Map<OwnedPartition, CommitQueue>();
  #isRunning = false;
  #retryTimer: Timer | null = null;

  /** `onAskedDone`: what the application asked for is durable; its waiters hear of it afterwards. */
  constructor(o: {
    cluster: Cluster;
    member: Member;
    onTrouble: (error: QError) => void;
    onAskedDone: (owned: OwnedPartition, offset: number) => void;
  }) {
    this.#cluster = o.cluster;
    this.#member = o.member;
    this.#onTrouble = o.onTrouble;
    this.#onAskedDone = o.onAskedDone;
  }

  /** Resolves when the offset is durable. Throws what the broker says, or that the partition is not owned any more. */
  commit(owned: OwnedPartition, position: Position): Promise<void> {
    const waiter = Promise.withResolvers<void>();
    if (owned.isGone) waiter.reject(owned.notOwned());
    else if (this.#closing.signal.aborted) waiter.reject(this.#closing.signal.reason);
    else this.#put(owned, { asked: position, waiters: [waiter] });
    return waiter.promise;
  }

  /** Commits what was acknowledged of the partitions and is not committed. Nobody waits for it. */
  take(partitions: readonly OwnedPartition[]): void {
    for (const owned of partitions) {
      if (owned.isGone || owned.state === 'positioning' || owned.isCommitted || this.#willCover(owned)) continue;
      this.#put(owned, { asked: null, waiters: [] });
    }
  }

  /** As `take`. Resolves when it is durable; throws the first refusal. */
  async commitAcknowledged(partitions: readonly OwnedPartition[]): Promise<void> {
    this.take(partitions);
    const waits = partitions.flatMap((owned) => {
      const last = this.#queues.get(owned)?.commits.findLast(({ asked }) => asked === null);
      if (last === undefined) return [];
      const waiter = Promise.withResolvers<void>();
      last.waiters.push(waiter);
      return [waiter.promise];
    });
    await Promise.all(waits);
  }

  /**
   * Resolves when nothing of the partitions waits to be committed, or is tried again. Whether it worked is another
   * question.
   */
  async untilIdle(partitions: readonly OwnedPartition[]): Promise<void> {
    const queues = partitions.flatMap((owned) => this.#queues.get(owned) ?? []);
    await Promise.all(queues.map(({ onEmpty }) => new Promise<void>((resolve) => void onEmpty.push(resolve))));
  }

  /** The partition is gone: nothing of it is committed any more. */
  forget(owned: OwnedPartition): void {
    const queue = this.#queues.get(owned);
    if (queue !== undefined) this.#discard(queue, owned.notOwned());
  }

  close(): void {
    const error = new QError('CLOSED', 'The consumer is closed');
    this.#closing.abort(error);
    this.#retryTimer?.cancel();
    for (const queue of this.#queues.values()) this.#discard(queue, error);
  }

  #discard(queue: CommitQueue, error: QError): void {
    this.#queues.delete(queue.owned);
    for (const { waiters } of queue.commits.splice(0)) for (const { reject } of waiters) reject(error);
    for (const tell of queue.onEmpty) tell();
  }

  /** Whether a commit that is on its way, or waits, brings the prefix of this moment. */
  #willCover(owned: OwnedPartition): boolean {
    const queue = this.#queues.get(owned);
    const last = queue?.commits.at(-1);
    if (queue === undefined || last === undefined || last.asked !== null) return false;
    const { sent } = queue;
    return sent === null || sent.count < queue.commits.length || sent.offset === owned.tracker.prefix;
  }

  #put(owned: OwnedPartition, commit: Commit): void {
    let queue = this.#queues.get(owned);
    if (queue === undefined) {
      queue = { owned, commits: [], sent: null, tries: 0, notBeforeMs: 0, onEmpty: [] };
      this.#queues.set(owned, queue);
    }
    queue.commits.push(commit);
    this.#start();
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    // At the end of the turn: what is asked for in one turn goes in one request.
    this.#cluster.clock.defer(() => void this.#run());
  }

  async #run(): Promise<void> {
    for (let due = this.#due(); due.length > 0; due = this.#due()) await this.#exchange(due);
    this.#isRunning = false;
    this.#scheduleRetry();
  }

  /** What may be sent now. Queues that turn out to be empty go. */
  #due(): Sent[] {
    const nowMs = this.#cluster.clock.monotonic();
    return [...this.#queues.values()].flatMap((queue) => {
      if (queue.notBeforeMs > nowMs) return [];
      const sent = nextOf(queue);
      queue.sent = sent;
      if (sent !== null) return [sent];
      this.#queues.delete(queue.owned);
      for (const tell of queue.onEmpty) tell();
      return [];
    });
  }

  #scheduleRetry(): void {
    this.#retryTimer?.cancel();
    this.#retryTimer = null;
    if (this.#queues.size === 0) return;
    const earliestMs = Math.min(...[...this.#queues.values()].map(({ notBeforeMs }) => notBeforeMs));
    this.#retryTimer = this.#cluster.clock.schedule(
      Math.max(timerMsMin, earliestMs - this.#cluster.clock.monotonic()),
      () => this.#start(),
    );
  }

  async #exchange(commits: readonly Sent[]): Promise<void> {
    const answers = await this.#ask(commits);
    const again = commits.filter((sent) => this.#answered(sent, answers(sent.queue.owned)));
    this.#backOff(again.map(({ queue }) => queue));
  }

  async #ask(commits: readonly Sent[]): Promise<(owned: OwnedPartition) => QError | null> {
    const told = this.#trace(commits);
    try {
      const { group, id, epoch } = this.#member;
      const topics = requestTopics(commits);
      const response = await this.#cluster.request(
        CommitOffset,
        { groupId: group, memberId: id, memberEpoch: epoch, topics },
        { resend: false, signal: this.#closing.signal },
      );
      const answers = answersOf(response);
      told?.(commits.map(({ queue }) => answers(queue.owned)).filter((error) => error !== null));
      return answers;
    } catch (thrown) {
      const error = toQError(thrown, 'COMMIT_OFFSET');
      told?.([error]);
      return () => error;
    }
  }

  #trace(commits: readonly Sent[]): ((refusals: readonly QError[]) => void) | undefined {
    return this.#cluster.tracing?.commit(this.#member.group, {
      commits: commits.map(({ queue: { owned }, offset }) => ({
        topic: owned.topic,
        partition: owned.partition,
        offset,
      })),
      isAsked: commits.every(({ isAsked }) => isAsked),
    });
  }

  /** Returns whether the queue is to be tried again, a little later. */
  #answered(sent: Sent, error: QError | null): boolean {
    const { queue } = sent;
    queue.sent = null;
    // Thrown away meanwhile: whoever waited has been told.
    if (this.#queues.get(queue.owned) !== queue) return false;
    if (error === null) {
      this.#succeeded(sent);
      return false;
    }
    if (memberDoubts.has(error.code)) this.#member.doubt();
    if (passingDoubts.has(error.code) || error.retriable) return true;
    // Those that it stood for were not refused: they go on their own.
    const [{ waiters }] = queue.commits.splice(sent.count - 1, 1) as [Commit];
    for (const { reject } of waiters) reject(error);
    return !sent.isAsked && this.#owes(queue, error, waiters.length > 0);
  }

  #succeeded(sent: Sent): void {
    const { queue, offset, prefix, life } = sent;
    const { owned } = queue;
    queue.tries = 0;
    owned.commitTrouble = null;
    const done = queue.commits.splice(0, sent.count);
    const ackedBefore = owned.acked;
    if (sent.isAsked && owned.tracker.life === life) this.#onAskedDone(owned, offset);
    // Who goes back by hand does not owe the rest again.
    if (offset >= prefix || owned.tracker.life !== life) {
      owned.committedPrefix = offset;
      owned.ackedAtCommit = sent.acked + owned.acked - ackedBefore;
    }
    for (const { waiters } of done) for (const { resolve } of waiters) resolve();
  }

  /** What was acknowledged is refused. Returns as `#answered`. */
  #owes(queue: CommitQueue, error: QError, isTold: boolean): boolean {
    const { owned } = queue;
    if (!isTold && owned.commitTrouble !== error.code) this.#onTrouble(error);
    owned.commitTrouble = error.code;
    if (error.code !== 'PARTITION_NOT_OWNED') return false;
    queue.commits.push({ asked: null, waiters: [] });
    return true;
  }

  /** They go together again. */
  #backOff(queues: readonly CommitQueue[]): void {
    if (queues.length === 0) return;
    const attempt = Math.max(...queues.map(({ tries }) => tries)) + 1;
    const notBeforeMs =
      this.#cluster.clock.monotonic() + backoffMs(this.#cluster.retry, { attempt, random: this.#cluster.random });
    for (const queue of queues) {
      queue.tries = attempt;
      queue.notBeforeMs = notBeforeMs;
    }
  }
}

/** What to send next of a partition; null if there is nothing. What has become needless meanwhile is done. */
function nextOf(queue: CommitQueue): Sent | null {
  const { owned, commits } = queue;
  const { tracker, acked } = owned;
  const now = { queue, prefix: tracker.prefix, acked, life: tracker.life };
  for (let [head] = commits; head !== undefined; [head] = commits) {
    if (head.asked !== null) {
      const count = countOfRun(commits);
      return { ...now, ...(commits[count - 1]?.asked as Position), count, isAsked: true };
    }
    if (!owned.isCommitted) return { ...now, offset: now.prefix, metadata: null, count: 1, isAsked: false };
    commits.shift();
    for (const { resolve } of head.waiters) resolve();
  }
  return null;
}

/** How many that were asked for come one after another, none lower than the one before. */
function countOfRun(commits: readonly Commit[]): number {
  let count = 0;
  for (let least = 0; count < commits.length; count += 1) {
    const asked = commits[count]?.asked ?? null;
    if (asked === null || asked.offset < least) break;
    least = asked.offset;
  }
  return count;
}

/** Commits of one topic each, as a rule; two ids of one name when it was deleted and made again. */
function requestTopics(commits: readonly Sent[]): CommitOffsetRequestTopic[] {
  const byTopic = Map.groupBy(commits, ({ queue }) => queue.owned.topicId);
  return [...byTopic].map(([topicId, ofTopic]) => ({
    topicId,
    partitions: ofTopic.map(({ queue: { owned }, offset, metadata }) => {
      const leaderEpoch = owned.reader?.epochs.before(offset) ?? -1;
      return { partition: owned.partition, offset, leaderEpoch, metadata };
    }),
  }));
}

function answersOf(response: CommitOffsetResponse): (owned: OwnedPartition) => QError | null {
  return ({ topic, topicId, partition }) => {
    const answer = response.topics
      .find((answered) => answered.topicId === topicId)
      ?.partitions.find((answered) => answered.partition === partition);
    if (answer === undefined)
      return new QError(
        'MALFORMED_FRAME',
        `The broker did not answer COMMIT_OFFSET for topic "${topic}", partition ${partition}`,
      );
    if (answer.errorCode === 0) return null;
    const { name, description } = errorEntry(answer.errorCode);
    return new QError(name, `Topic "${topic}", partition ${partition}: ${answer.errorMessage ?? description}`, {
      details: { topic, partition },
    });
  };
}

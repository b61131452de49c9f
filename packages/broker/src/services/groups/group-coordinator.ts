/**
 * Carries out what the state machine of `@q/coordinator` decides: every change of a group goes through `step` here,
 * with whatever has to follow it.
 *
 * Invariants:
 *  1. A step is taken at once, on the newest state; its records are handed to the log before anybody hears of it.
 *  2. Members with news are woken when the news is durable.
 *  3. A group has a deadline noted whenever one of its members can run out of time.
 *  4. A group whose write failed is behind: it has missed topics that came or went, members that ran out of time. After
 *     `retryMs` it catches up, and again until that is durable. Whatever deadline is noted meanwhile, the earlier of
 *     the two holds.
 *  5. A group is not deleted while a transaction that it has noted may be told to it again.
 */
import { createGroup, hasExpired, nextDeadlineMs, stepGroup } from '@q/coordinator';
import type { GroupCommand, GroupStep, StepContext, TopicView } from '@q/coordinator';
import type { Clock, Scheduled } from '../../clock.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { TopicListener } from '../topics/topic-listener.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Topic } from '../topics/topic.ts';
import { Deadlines } from '../deadlines.ts';
import type { GroupDirectory } from './group-directory.ts';
import { groupNews, tellWhenDurable } from './group-news.ts';
import type { HeldHeartbeats } from './held-heartbeats.ts';
import { wantedTopics } from './live-group.ts';
import type { LiveGroup } from './live-group.ts';
import { topicViewOf } from './topic-view.ts';
import { unknownNotes } from './transaction-notes.ts';
import type { TransactionNotes } from './transaction-notes.ts';

/** The disk is not asked in a circle. */
const retryMs = 1000;

export interface GroupCoordinatorOptions {
  readonly directory: GroupDirectory;
  readonly held: HeldHeartbeats;
  readonly registry: TopicRegistry;
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
}

export class GroupCoordinator implements TopicListener {
  /** Times that partitions were given out anew, since the start. */
  rebalances = 0;
  readonly #options: GroupCoordinatorOptions;
  readonly #topics: TopicView;
  readonly #deadlines: Deadlines<LiveGroup>;
  #sweep: Scheduled | null = null;
  #isStopped = false;
  #notes = unknownNotes;
  /** When each of them catches up. */
  readonly #behind = new Map<LiveGroup, number>();

  constructor(options: GroupCoordinatorOptions) {
    const { clock, directory, limits, registry } = options;
    this.#options = options;
    this.#topics = topicViewOf(registry);
    this.#deadlines = new Deadlines({
      clock,
      pauseMs: limits.groupDeadlinePauseMs,
      due: (live) => this.#due(live),
    });
    directory.onWritten((live, outcome) => this.#written(live, outcome));
  }

  /** Takes the stored groups into service: what happened to their topics meanwhile is made up for. */
  start(): void {
    for (const live of this.#options.directory.groups()) this.#catchUp(live);
    this.keepSweeping();
  }

  /** No timer runs any more. */
  stop(): void {
    this.#isStopped = true;
    this.#deadlines.stop();
    this.#sweep?.cancel();
  }

  /** Asked from now on before a group is deleted. */
  heedNotes(notes: TransactionNotes): void {
    this.#notes = notes;
  }

  context(): StepContext {
    const { clock, limits } = this.#options;
    return {
      nowMs: clock.monotonic(),
      wallMs: clock.now(),
      sessionTimeoutMs: limits.groupSessionTimeoutMs,
      topics: this.#topics,
    };
  }

  /** Takes one step of a group. Its result may be told once `live.settled()` has resolved. */
  step(live: LiveGroup, command: GroupCommand): GroupStep {
    const context = this.context();
    const isNew = live.group === null;
    const step = stepGroup(live.group ?? createGroup(live.groupId, context), command, context);
    // A join that was refused, or a change of topics, does not make a group of what was none.
    const { group: before } = live;
    if (isNew && step.records.length === 0) {
      this.#tell(live, groupNews(before, command, step));
      return step;
    }
    // That the last one leaves gives nothing to anybody.
    const { members, targetEpoch } = step.group;
    if (members.size > 0 && targetEpoch > (before?.targetEpoch ?? 0)) this.rebalances += 1;
    live.advance(step.group, step.records);
    this.#tell(live, groupNews(before, command, step));
    this.#noteDeadline(live, step);
    if (step.wake.length > 0) void this.#wakeWhenDurable(live, step);
    this.keepSweeping();
    return step;
  }

  /**
   * Null: no transaction keeps the group from being deleted. A promise: it waits for those that do.
   * @throws QError CONCURRENT_TRANSACTIONS when they take too long, STORAGE_FAILED, STORAGE_FULL
   */
  untilFree(live: LiveGroup): Promise<void> | null {
    return this.#notes.isFree(live) ? null : this.#notes.settle(live);
  }

  /**
   * Deletes a group that is free, with its offsets, durably once `live.settled()` has resolved. Returns how many
   * offsets it had.
   */
  remove(live: LiveGroup): number {
    const offsets = [...live.offsets.entries()];
    for (const place of offsets) live.deleteOffset(place);
    for (const transactionalId of live.applied.keys()) live.forgetTransactions(transactionalId);
    if (live.group !== null || live.classic !== null)
      live.advance(null, [{ kind: 'group-gone', groupId: live.groupId }]);
    this.#deadlines.set(live, null);
    this.#behind.delete(live);
    return offsets.length;
  }

  /** Looks for expired groups every `groupSweepIntervalMs` while there are groups. */
  keepSweeping(): void {
    const { clock, directory, limits } = this.#options;
    if (this.#sweep !== null || this.#isStopped || directory.size === 0) return;
    this.#sweep = clock.schedule(limits.groupSweepIntervalMs, () => {
      this.#sweep = null;
      this.#sweepOnce();
      this.keepSweeping();
    });
  }

  topicGrew(topic: Topic): void {
    this.#topicChanged(topic);
  }

  topicDeleted(topic: Topic): void {
    this.#topicChanged(topic);
    for (const live of this.#options.directory.groups()) forgetOffsets(live, (topicId) => topicId === topic.id);
  }

  #topicChanged({ name }: Topic): void {
    for (const live of this.#options.directory.groups()) {
      if (live.group !== null && wantedTopics(live).has(name)) this.step(live, { kind: 'topics-changed' });
    }
  }

  #sweepOnce(): void {
    for (const live of this.#options.directory.groups()) {
      if (!this.#isOver(live)) continue;
      if (this.#notes.areEnded(live)) this.#expire(live);
      else void this.#expireOnceFree(live);
    }
  }

  /** It has expired, or nothing but notes is left of it. */
  #isOver(live: LiveGroup): boolean {
    const { groupExpiryMs } = this.#options.limits;
    if (!live.exists) return live.applied.size > 0;
    return hasExpired(live, { nowMs: this.context().nowMs, groupExpiryMs });
  }

  #expire(live: LiveGroup): void {
    const { exists } = live;
    const offsets = this.remove(live);
    if (!exists) return;
    this.#options.logger.info(
      { event: 'group.deleted', groupId: live.groupId, offsets, reason: 'expired' },
      'a group without members has expired',
    );
  }

  async #expireOnceFree(live: LiveGroup): Promise<void> {
    try {
      await this.#notes.settle(live);
    } catch {
      // It is there still, and the next sweep finds it.
      return;
    }
    if (!this.#isStopped && this.#isOver(live) && this.#notes.areEnded(live)) this.#expire(live);
  }

  #due(live: LiveGroup): void {
    const catchesUp = (this.#behind.get(live) ?? Infinity) <= this.#options.clock.monotonic();
    // Before the step, which notes the next deadline.
    if (catchesUp) this.#behind.delete(live);
    this.step(live, { kind: 'tick' });
    if (catchesUp) this.#catchUp(live);
  }

  /** Takes in what happened to the topics of the group while it could not. */
  #catchUp(live: LiveGroup): void {
    const { registry } = this.#options;
    this.step(live, { kind: 'topics-changed' });
    forgetOffsets(live, (topicId) => registry.byId(topicId) === undefined);
  }

  #noteDeadline(live: LiveGroup, { group, records }: GroupStep): void {
    if (records.length > 0 || !this.#deadlines.has(live)) this.#setDeadline(live, nextDeadlineMs(group));
  }

  /** Of its members' deadline and the moment at which it catches up, the earlier one. */
  #setDeadline(live: LiveGroup, membersMs: number | null): void {
    const retryAtMs = this.#behind.get(live);
    this.#deadlines.set(live, retryAtMs === undefined ? membersMs : Math.min(retryAtMs, membersMs ?? Infinity));
  }

  #written(live: LiveGroup, outcome: 'durable' | 'failed'): void {
    if (outcome === 'durable') return;
    if (!live.exists) {
      this.#behind.delete(live);
      this.#deadlines.set(live, null);
      return;
    }
    const nowMs = this.#options.clock.monotonic();
    this.#behind.set(live, nowMs + retryMs);
    const membersMs = live.group === null ? null : nextDeadlineMs(live.group);
    // What is due already has just been tried: it waits for the next try.
    this.#setDeadline(live, membersMs !== null && membersMs > nowMs ? membersMs : null);
  }

  #tell(live: LiveGroup, words: ReturnType<typeof groupNews>): void {
    const { logger } = this.#options;
    if (words.length > 0) void tellWhenDurable(words, { settled: live.settled(), logger });
  }

  async #wakeWhenDurable(live: LiveGroup, { wake }: GroupStep): Promise<void> {
    const { held } = this.#options;
    const { groupId } = live;
    try {
      await live.settled();
    } catch {
      // The news has been taken back, and whoever asked for it was told why.
      return;
    }
    for (const memberId of wake) held.end({ groupId, memberId }, 'news');
  }
}

function forgetOffsets(live: LiveGroup, isGone: (topicId: string) => boolean): void {
  const gone = [...live.offsets.entries()].filter(({ topicId }) => isGone(topicId));
  for (const place of gone) live.deleteOffset(place);
}

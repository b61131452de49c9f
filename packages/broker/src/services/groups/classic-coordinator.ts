/**
 * Carries out what the state machine of classic groups decides: every change of one goes through `step` here, with
 * whatever has to follow it.
 *
 * Invariants:
 *  1. A step is taken at once, on the newest state; its records are handed to the log before anybody hears of it.
 *  2. Whoever waits is answered when what it is told is durable. A write that fails takes the group back; whoever
 *     waits then, or was to hear of it, is told to ask again, and nobody counts as waiting any more.
 *  3. A group has a deadline noted whenever somebody or something in it can run out of time. Signs of life only ever
 *     move it away.
 */
import { createClassicGroup, nextClassicDeadlineMs, stepClassic, takeOverGroup } from '@q/coordinator';
import type { ClassicCommand, ClassicContext, ClassicGroup, ClassicStep } from '@q/coordinator';
import type { Clock } from '../../clock.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import { Deadlines } from '../deadlines.ts';
import { classicNews, tellWhenDurable } from './group-news.ts';
import type { GroupDirectory } from './group-directory.ts';
import type { LiveGroup } from './live-group.ts';
import { refusedWith, WaitingMembers } from './waiting-members.ts';
import type { EndWait } from './waiting-members.ts';

export interface ClassicCoordinatorOptions {
  readonly directory: GroupDirectory;
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
}

export class ClassicCoordinator {
  readonly waiting: WaitingMembers = new WaitingMembers();
  /** Generations that were begun, since the start. */
  rebalances = 0;
  readonly #options: ClassicCoordinatorOptions;
  readonly #deadlines: Deadlines<LiveGroup>;
  /** What each group takes, as it was counted last. */
  readonly #bytesOf = new Map<LiveGroup, number>();
  #bytes = 0;

  constructor(options: ClassicCoordinatorOptions) {
    const { clock, directory, limits } = options;
    this.#options = options;
    this.#deadlines = new Deadlines({
      clock,
      pauseMs: limits.groupDeadlinePauseMs,
      due: (live) => this.#due(live),
    });
    directory.onWritten((live, outcome) => {
      if (outcome === 'failed') this.#takenBack(live);
      // It was deleted, with the ids that had been given out, or is one of the other kind now.
      else if (live.classic === null && this.#bytesOf.has(live)) this.#follow(live);
    });
  }

  /** Takes the stored groups into service. */
  start(): void {
    for (const live of this.#options.directory.groups()) this.#follow(live);
  }

  /** No timer runs any more. */
  stop(): void {
    this.#deadlines.stop();
  }

  /** Whether all groups together have room for so much more; who wants no more than it has may have it. */
  hasRoomFor(bytes: number): boolean {
    return bytes <= 0 || this.#bytes + bytes <= this.#options.limits.classicGroupsBytesMax;
  }

  /**
   * Takes one step of a group. Its result may be told once `live.settled()` has resolved, and its answers with `tell`.
   */
  step(live: LiveGroup, command: ClassicCommand): ClassicStep {
    const context = this.#context();
    const step = stepClassic(this.#groupOf(live, context), command, context);
    const { classic: before } = live;
    const words = classicNews(live.groupId, { before, command, step });
    // What was refused does not make a group of what was none.
    const isNone = before === null && isRefusedAtOnce(step);
    if (!isNone) {
      if (step.group !== null && step.group.members.size > 0 && step.group.generation > (before?.generation ?? 0))
        this.rebalances += 1;
      live.advanceClassic(step.group, step.records);
    }
    if (words.length > 0) void tellWhenDurable(words, { settled: live.settled(), logger: this.#options.logger });
    if (isNone) return step;
    if (command.kind !== 'heartbeat' && command.kind !== 'commit') this.#follow(live);
    return step;
  }

  /** Answers whoever has waited for this step, once it is durable. */
  tell(live: LiveGroup, { answers }: ClassicStep): void {
    if (answers.length === 0) return;
    const ends: (readonly [EndWait, ClassicStep['answers'][number]])[] = [];
    for (const answer of answers) {
      const end = this.waiting.take(live, answer.memberId);
      if (end !== null) ends.push([end, answer]);
    }
    void this.#tellWhenDurable(live, ends);
  }

  async #tellWhenDurable(
    live: LiveGroup,
    ends: readonly (readonly [EndWait, ClassicStep['answers'][number]])[],
  ): Promise<void> {
    try {
      await live.settled();
    } catch {
      for (const [end] of ends) end(refusedWith('COORDINATOR_NOT_AVAILABLE'));
      return;
    }
    for (const [end, { outcome }] of ends) end(outcome);
  }

  /** One whose partitions the broker assigned, and that has nobody left, is taken over. */
  #groupOf({ groupId, group, classic }: LiveGroup, context: ClassicContext): ClassicGroup {
    if (classic !== null) return classic;
    return group === null ? createClassicGroup(groupId, context) : takeOverGroup(group, context);
  }

  #due(live: LiveGroup): void {
    if (live.classic === null) return;
    this.tell(live, this.step(live, { kind: 'tick' }));
    this.#options.directory.forgetIfGone(live);
  }

  #takenBack(live: LiveGroup): void {
    this.waiting.endAll(live, refusedWith('COORDINATOR_NOT_AVAILABLE'));
    if (live.classic === null) this.#follow(live);
    else this.step(live, { kind: 'taken-back' });
  }

  #follow(live: LiveGroup): void {
    const { classic } = live;
    this.#deadlines.set(live, classic === null ? null : nextClassicDeadlineMs(classic));
    const bytes = classic?.bytes ?? 0;
    this.#bytes += bytes - (this.#bytesOf.get(live) ?? 0);
    if (bytes === 0) this.#bytesOf.delete(live);
    else this.#bytesOf.set(live, bytes);
  }

  #context(): ClassicContext {
    const { clock, limits } = this.#options;
    return { nowMs: clock.monotonic(), wallMs: clock.now(), initialDelayMs: limits.groupInitialDelayMs };
  }
}

function isRefusedAtOnce({ result }: ClassicStep): boolean {
  return result.kind === 'left' || (result.kind === 'refused' && result.fault !== 'MEMBER_ID_REQUIRED');
}

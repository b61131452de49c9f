import { StorageError, isOutOfFiles, isOutOfRoom, systemCode } from '../errors.ts';
import type { JournalBoundary } from '../journal/journal-item.ts';
import type { HeldPiece, Journal, JournalPlan } from '../journal/journal.ts';
import type { Clock } from '../ports/clock.ts';
import type { RoundSize, StorageObserver } from '../ports/storage-observer.ts';
import type { RoomWatch } from '../room/room-watch.ts';
import type { StorageStats } from '../stats.ts';
import { inParallel } from '../concurrency/in-parallel.ts';
import type { FlushedLog, QueuedAppend } from './flushed-log.ts';
import { IntervalSyncs } from './interval-syncs.ts';

/*
 * The one ordered way from an append to its acknowledgement (group commit).
 *
 * Invariants
 * - `#pending` holds every append that is in no round, in the order of the calls to `append`.
 * - One round at a time. It takes a prefix of `#pending`, and settles exactly that: first all high watermarks move,
 *   then whoever waits is told in append order, then readers are woken.
 * - What a log has in a round is made durable in one of two ways: small pieces of all logs by one write to the journal,
 *   and their segments get them later; anything else by a write and a sync of its segment.
 * - A write or sync that failed other than for want of room ends it all: `onFatal`, and nothing is acknowledged
 *   afterwards. Nothing is tried twice.
 * - An append that is not to be durable without another one is in a later round than that one, or in the same entry of
 *   the journal, which a crash leaves whole or not at all.
 * - A log that had no room gets its appends of the round, and those queued behind them, failed and taken back before
 *   anything else can be appended to it. The journal has none of them. So have those that are not to stay without them.
 */

/** What one log has in a round. */
export interface RoundPart {
  readonly log: FlushedLog;
  readonly appends: QueuedAppend[];
  /** The journal has it: its segment gets it later. */
  isJournaled: boolean;
  /** Why there was no room for it. */
  fullBy: unknown;
}

/** The appends of a round, whose they are, and what of them the journal takes. */
interface PlannedRound {
  readonly round: readonly QueuedAppend[];
  readonly parts: readonly RoundPart[];
  readonly plan: JournalPlan | null;
}

interface PendingBoundary {
  readonly boundary: JournalBoundary;
  readonly done: PromiseWithResolvers<void>;
}

export interface FlushQueueOptions {
  readonly clock: Clock;
  readonly stats: StorageStats;
  readonly observer: StorageObserver;
  readonly roundBytesMax: number;
  readonly flushesInParallelMax: number;
  readonly syncIntervalMs: number;
  /** Hears of refusals for want of room, and of rounds that had room. */
  readonly watch?: Pick<RoomWatch, 'isFull' | 'refused' | 'foundRoom'>;
  readonly onFatal: (error: StorageError) => void;
}

export class FlushQueue {
  readonly #options: FlushQueueOptions;
  #journal: Journal | null = null;
  #boundaries: PendingBoundary[] = [];
  #pending: QueuedAppend[] = [];
  #pendingBytes = 0;
  /** One run of rounds that follow each other without a pause, and the round of it that is under way. */
  #rounds: Promise<void> | null = null;
  #round: Promise<void> | null = null;
  #isScheduled = false;
  #failure: StorageError | null = null;
  readonly #syncs: IntervalSyncs;

  constructor(options: FlushQueueOptions) {
    this.#options = options;
    this.#syncs = new IntervalSyncs({ ...options, onFailure: (error) => void this.fail(error) });
  }

  /** Bytes of appends that wait for a round or are in one. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Why nothing is taken any more, or null. */
  get failure(): StorageError | null {
    return this.#failure;
  }

  /** Until then every log is synced by itself. */
  useJournal(journal: Journal): void {
    this.#journal = journal;
  }

  enqueue(append: QueuedAppend): void {
    this.#pending.push(append);
    this.#pendingBytes += append.batch.length;
    this.#schedule();
  }

  /**
   * Puts a boundary into the journal, with the next round, if it holds anything of the log. Durable when it returns.
   */
  async declare(log: FlushedLog, boundary: JournalBoundary): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (!this.#journal?.holds(log)) return;
    const done = Promise.withResolvers<void>();
    this.#boundaries.push({ boundary, done });
    this.#schedule();
    await done.promise;
  }

  #schedule(): void {
    if (this.#rounds || this.#isScheduled) return;
    // What arrives in this turn of the event loop shares the first round.
    this.#isScheduled = true;
    this.#options.clock.defer(() => this.#start());
  }

  /** Ends when no append waits any more. */
  async drain(): Promise<void> {
    if (this.#isScheduled) this.#start();
    while (this.#rounds) await this.#rounds;
  }

  /** Ends when the round that is under way, if any, is settled. */
  async roundEnd(): Promise<void> {
    await this.#round;
  }

  /** Fails the appends of one log that are in no round yet, or those from an offset on. */
  dropPending(log: FlushedLog, error: StorageError, fromOffset = 0): void {
    const isDropped = (append: QueuedAppend): boolean => append.log === log && append.baseOffset >= fromOffset;
    const dropped = this.#pending.filter(isDropped);
    if (dropped.length === 0) return;
    this.#pending = this.#pending.filter((append) => !isDropped(append));
    for (const append of dropped) {
      this.#pendingBytes -= append.batch.length;
      append.fail(error);
    }
  }

  /** Syncs what `interval` logs have written, and stops the timer. */
  async close(): Promise<void> {
    this.#syncs.stop();
    await this.drain();
    await this.#syncs.finish();
  }

  forget(log: FlushedLog): void {
    this.#syncs.forget(log);
    this.#journal?.forget(log);
  }

  /** Ends everything: from here on no append is acknowledged. */
  fail(cause: unknown): StorageError {
    if (this.#failure) return this.#failure;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const failure = new StorageError('STORAGE_FAILED', `storage failed, what the disk holds is unknown: ${reason}`, {
      cause,
    });
    this.#failure = failure;
    this.#syncs.stop();
    this.#options.onFatal(failure);
    const waiting = this.#pending;
    this.#pending = [];
    for (const append of waiting) append.fail(failure);
    for (const { done } of this.#boundaries.splice(0)) done.reject(failure);
    return failure;
  }

  #start(): void {
    this.#isScheduled = false;
    if (this.#rounds || !this.#hasWork || this.#failure) return;
    this.#rounds = this.#runRounds();
  }

  get #hasWork(): boolean {
    return this.#pending.length > 0 || this.#boundaries.length > 0;
  }

  async #runRounds(): Promise<void> {
    while (this.#hasWork && !this.#failure) {
      this.#round = this.#runOrFail(this.#takeRound(), this.#boundaries.splice(0));
      await this.#round;
    }
    this.#round = null;
    this.#rounds = null;
  }

  async #runOrFail(round: readonly QueuedAppend[], boundaries: readonly PendingBoundary[]): Promise<void> {
    try {
      if (boundaries.length > 0) await this.#writeBoundaries(boundaries);
      if (round.length > 0) await this.#runRound(round);
    } catch (error) {
      const failure = this.fail(error);
      for (const append of round) append.fail(failure);
      for (const { done } of boundaries) done.reject(failure);
    }
  }

  async #runRound(taken: readonly QueuedAppend[]): Promise<void> {
    const { clock, stats } = this.#options;
    const startedAt = clock.monotonic();
    const { round, parts, plan } = this.#planRound(taken);
    const size = sizeOf(round);
    const written = await this.#writeRound(parts, plan);
    // A sync beside the round may have failed meanwhile, of a segment that the round wrote to.
    if (this.#failure) throw this.#failure;
    const full = written.filter(({ fullBy }) => fullBy !== undefined);
    if (full.length > 0) await this.#takeBack(full);
    this.#settle(round, parts, full);
    this.#journal?.roundOver();
    stats.rounds += 1;
    const tookMs = clock.monotonic() - startedAt;
    this.#options.observer.roundEnded(tookMs, size);
    stats.roundMsTotal += tookMs;
    stats.roundMsMax = Math.max(stats.roundMsMax, tookMs);
  }

  /** Where the appends go. Leaves those to the next round that must not come before others of this one. */
  #planRound(taken: readonly QueuedAppend[]): PlannedRound {
    const parts = partsOf(taken);
    const plan = this.#planJournal(parts);
    const isOneEntry = plan !== null && plan.accepted === parts.length && plan.entries.length === 1;
    const first = isOneEntry ? -1 : taken.findIndex(({ after }) => after !== null && after.isWaiting);
    if (first === -1) return { round: taken, parts, plan };
    this.#pending = [...taken.slice(first), ...this.#pending];
    return this.#planRound(taken.slice(0, first));
  }

  /** The pieces that the journal takes; notes whose they are. */
  #planJournal(parts: readonly RoundPart[]): JournalPlan | null {
    if (!this.#journal) return null;
    const pieces: HeldPiece[] = [];
    const whose: RoundPart[] = [];
    for (const part of parts) {
      const piece = part.log.journalPiece(part.appends);
      if (!piece) continue;
      pieces.push(piece);
      whose.push(part);
    }
    const plan = this.#journal.plan(pieces);
    for (const part of whose.slice(0, plan.accepted)) part.isJournaled = true;
    return plan;
  }

  /** Returns what segments got, with a note where there was no room. */
  async #writeRound(parts: readonly RoundPart[], plan: JournalPlan | null): Promise<readonly RoundPart[]> {
    const others = plan?.accepted === parts.length ? [] : parts.filter(({ isJournaled }) => !isJournaled);
    const segments = others.length > 0 ? this.#writeSegments(others) : undefined;
    const journal = plan && plan.accepted > 0 ? this.#journal?.write(plan) : undefined;
    for (const result of await Promise.allSettled([journal, segments]))
      if (result.status === 'rejected') throw result.reason;
    return others;
  }

  async #writeSegments(parts: readonly RoundPart[]): Promise<void> {
    await inParallel(parts, this.#options.flushesInParallelMax, async (part) => {
      try {
        await part.log.flush(part.appends);
      } catch (error) {
        if (!isOutOfRoom(error)) throw error;
        part.fullBy = error;
      }
    });
  }

  /**
   * Boundaries have no other way than the journal; while it has no room, its files are being emptied, if the disk has
   * some.
   */
  async #writeBoundaries(boundaries: readonly PendingBoundary[]): Promise<void> {
    const journal = this.#journal as Journal;
    for (let rest = boundaries; rest.length > 0;) {
      const plan = journal.plan(rest.map(({ boundary }) => boundary));
      await journal.write(plan);
      this.#assertWorks();
      for (const { done } of rest.slice(0, plan.accepted)) done.resolve();
      rest = rest.slice(plan.accepted);
      const isRefused = rest.length > 0 && !(await journal.room());
      this.#assertWorks();
      if (!isRefused) continue;
      for (const { done } of rest)
        done.reject(
          new StorageError(
            'STORAGE_FULL',
            'the journal cannot be emptied while the disk is full; free some room, and try again',
          ),
        );
      return;
    }
  }

  /** What ended everything may have come meanwhile, from elsewhere. */
  #assertWorks(): void {
    if (this.#failure) throw this.#failure;
  }

  #takeRound(): QueuedAppend[] {
    let bytes = 0;
    let count = 0;
    for (const append of this.#pending) {
      bytes += append.batch.length;
      if (count > 0 && bytes > this.#options.roundBytesMax) break;
      count += 1;
    }
    const round = this.#pending;
    if (count === round.length) this.#pending = [];
    else this.#pending = round.splice(count);
    return round;
  }

  /** Before the round is settled, so that no append comes in between and builds on what goes. */
  async #takeBack(full: readonly RoundPart[]): Promise<void> {
    for (const { log, appends, fullBy } of full) {
      this.dropPending(log, fullError(fullBy));
      await log.takeBack((appends[0] as QueuedAppend).baseOffset);
    }
    for (const { appends, fullBy } of full) await this.#takeBackBehind(new Set(appends), fullError(fullBy));
  }

  /** Those that wait, and are not to stay without the lost ones; and what is behind them in their logs. */
  async #takeBackBehind(lost: ReadonlySet<QueuedAppend>, error: StorageError): Promise<void> {
    const isBehind = ({ after }: QueuedAppend): boolean => after !== null && (lost.has(after) || after.hasFailed);
    for (let first = this.#pending.find(isBehind); first !== undefined; first = this.#pending.find(isBehind)) {
      const { log, baseOffset } = first;
      this.dropPending(log, error, baseOffset);
      await log.takeBack(baseOffset);
    }
  }

  #settle(round: readonly QueuedAppend[], parts: readonly RoundPart[], full: readonly RoundPart[]): void {
    const { stats } = this.#options;
    for (const { log, appends, isJournaled, fullBy } of parts) {
      if (fullBy === undefined) log.advance((appends.at(-1) as QueuedAppend).lastOffset + 1, isJournaled);
    }
    const causes = full.length === 0 ? null : new Map(full.map(({ log, fullBy }) => [log, fullBy]));
    this.#watchRoom(full);
    for (const append of round) {
      this.#pendingBytes -= append.batch.length;
      const cause = causes?.get(append.log);
      if (cause === undefined) {
        stats.batches += 1;
        append.keep();
      } else {
        stats.appendsRefusedFull += 1;
        if (isOutOfFiles(cause)) stats.appendsRefusedFiles += 1;
        append.fail(fullError(cause));
      }
    }
    for (const { log, isJournaled } of parts) {
      if (!isJournaled && log.wantsIntervalSync) this.#syncs.add(log);
      log.wakeReaders();
    }
    this.#syncs.schedule();
  }

  #watchRoom(full: readonly RoundPart[]): void {
    const { watch } = this.#options;
    if (watch === undefined || (full.length === 0 && !watch.isFull)) return;
    if (full.length === 0) watch.foundRoom();
    for (const { appends, fullBy } of full) {
      const { message, details } = fullError(fullBy);
      watch.refused({ limit: String(details['reason'] ?? details['limit']), reason: message }, appends.length);
    }
  }
}

function partsOf(round: readonly QueuedAppend[]): RoundPart[] {
  const parts: RoundPart[] = [];
  for (const append of round) {
    const { log } = append;
    const known = log.roundPart < parts.length ? parts[log.roundPart] : undefined;
    if (known?.log === log) {
      known.appends.push(append);
      continue;
    }
    log.roundPart = parts.length;
    parts.push({ log, appends: [append], isJournaled: false, fullBy: undefined });
  }
  return parts;
}

/** Before it is settled: then its memory may be used again. */
function sizeOf(round: readonly QueuedAppend[]): RoundSize {
  let records = 0;
  let bytes = 0;
  for (const { baseOffset, lastOffset, batch } of round) {
    records += lastOffset - baseOffset + 1;
    bytes += batch.length;
  }
  return { records, bytes };
}

function fullError(cause: unknown): StorageError {
  const reason = systemCode(cause);
  const what = isOutOfFiles(cause)
    ? `too many files are open (${reason})`
    : `the disk is full (${reason}); free some room`;
  return new StorageError('STORAGE_FULL', `${what}, and try again`, { cause, details: { limit: 'disk', reason } });
}

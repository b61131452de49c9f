import { batchBaseOffset, batchLastOffset } from '@q/protocol';
import { StorageError } from '../errors.ts';
import { removeIfThere } from '../files/durable-file.ts';
import { cleanedSuffix } from '../files/file-names.ts';
import { segmentBytesLimit } from '../limits.ts';
import type { DroppedSegments } from '../log/dropped-segments.ts';
import type { LogCheckpoints } from '../log/log-checkpoints.ts';
import type { LogCore } from '../log/log-core.ts';
import { slicesOf } from '../log/slices.ts';
import { retainedSegments } from '../retention/log-retention.ts';
import type { Segment } from '../segment/segment.ts';
import { mapKeys } from './batch-compaction.ts';
import type { CompactionPass } from './batch-compaction.ts';
import { CleanerCheckpoint } from './cleaner-checkpoint.ts';
import { CompactedTransactions } from './compacted-transactions.ts';
import { compactionRange, isCompactionDue } from './compaction-plan.ts';
import type { CompactionRange } from './compaction-plan.ts';
import { KeyMap } from './key-map.ts';
import { rewriteSegments } from './segment-rewrite.ts';
import type { RewriteOptions, SegmentRewrite } from './segment-rewrite.ts';
import { putInPlace } from './segment-swap.ts';
import { storedBatches } from './stored-batches.ts';

/*
 * Compaction by key of one log.
 *
 * A pass reads the keys of the dirty part into a map, as many as fit, and then rewrites the closed segments from the
 * start of the log up to where the map ends, lowest first.
 *
 * Invariants
 * - Groups are put in place in ascending order, each durably before the next one: older values of a key go before, or
 *   together with, the tombstone that deletes it.
 * - The cleaner point moves only after all groups of its pass are in place. If it is lost, work is done again, nothing
 *   else.
 * - Nothing above the recovery point goes, and nothing at all before the cleaner checkpoint is there to tell of it.
 * - Sources are looked at again before they are replaced: what retention or a close changed meanwhile wins.
 */

export interface CompactionResult {
  readonly passes: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly recordsRemoved: number;
}

interface Tally {
  bytesBefore: number;
  bytesAfter: number;
  recordsRemoved: number;
}

export interface LogCompactionParts {
  readonly core: LogCore;
  readonly checkpoints: LogCheckpoints;
  readonly dropped: DroppedSegments;
  /** Tells the journal that nothing it has of the log below the offset counts any more. */
  readonly declareFloor: (offset: number) => Promise<void>;
}

export class LogCompaction {
  readonly #parts: LogCompactionParts;
  readonly #core: LogCore;
  readonly #checkpoint: CleanerCheckpoint;
  #isStopping: () => boolean = () => false;
  /** The last run: one at a time, as maintenance has it. */
  #running: Promise<unknown> | null = null;

  constructor(parts: LogCompactionParts) {
    const { core } = parts;
    this.#parts = parts;
    this.#core = core;
    this.#checkpoint = new CleanerCheckpoint({ fileSystem: core.context.fileSystem, directory: core.directory });
  }

  /** Compacts if it is due. Null when it was not. What has not begun when `isStopping` is left for another time. */
  async run(o: { now: number; isStopping: () => boolean }): Promise<CompactionResult | null> {
    const running = this.#run(o);
    this.#running = running;
    return await running;
  }

  /** Ends when no run is under way: of a log that is closed, soon. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.#running]);
  }

  async #run(o: { now: number; isStopping: () => boolean }): Promise<CompactionResult | null> {
    const { now } = o;
    const core = this.#core;
    // What is pinned stays as it is: the pass is made again later.
    this.#isStopping = () => o.isStopping() || core.state !== 'open' || core.pins > 0;
    if (this.#isStopping()) return null;
    if (!core.config.cleanupPolicy.compact) return null;
    await this.#checkpoint.load();
    const { nextHorizonMs } = this.#checkpoint;
    let range = await this.#range(now);
    if (!isCompactionDue(range, { minCleanableDirtyRatio: core.config.minCleanableDirtyRatio, nextHorizonMs, now }))
      return null;

    const tally: Tally = { bytesBefore: 0, bytesAfter: 0, recordsRemoved: 0 };
    let passes = 0;
    let isDone = false;
    try {
      while (!isDone && (await this.#keepProducers())) {
        passes += 1;
        const end = await this.#pass(range, now, tally);
        isDone = end >= range.dirtyEnd;
        range = await this.#range(now);
      }
    } catch (error) {
      // A log that is being closed or deleted may take its files along: whatever failed then is of no interest.
      if (!this.#isStopping()) throw error;
    }
    return passes === 0 ? null : { passes, ...tally };
  }

  /**
   * Batches that go leave a gap in their producer's sequence. After a restart a batch before the gap would not be
   * recognised when it is sent again, so producers are to be found in a snapshot then, and not in what is left of the
   * log. The same goes for message ids. False: the log was cut.
   */
  async #keepProducers(): Promise<boolean> {
    const { core, checkpoints, declareFloor } = this.#parts;
    if (!(await checkpoints.run({ keepsMessageIds: true }))) return false;
    await core.context.saveRecoveryPoints();
    // Positions in rewritten segments are others than the journal knows.
    await declareFloor(checkpoints.recoveryPoint);
    return true;
  }

  async #range(now: number): Promise<CompactionRange> {
    const segments = await retainedSegments(this.#core);
    const { logStartOffset, lastStableOffset, config } = this.#core;
    return compactionRange({
      segments,
      cleanerPoint: this.#checkpoint.cleanerPoint,
      logStartOffset,
      lastStableOffset,
      now,
      config,
    });
  }

  /** One map, one rewrite. Returns the offset up to which the log is clean now. */
  async #pass(range: CompactionRange, now: number, tally: Tally): Promise<number> {
    const core = this.#core;
    const transactions = new CompactedTransactions(core.transactions.aborted);
    const { keys, mapEnd } = await this.#mapKeys(range, transactions);
    const pass: CompactionPass = {
      keys,
      mapEnd,
      transactions,
      now,
      deleteRetentionMs: core.config.deleteRetentionMs,
      slices: { ...slicesOf(core.context), pause: () => this.#pause() },
      lastOffsetOf: (producerId) => core.dedup.producers.lastOffsetOf(producerId),
    };
    let remaining = this.#closed().filter((segment) => segment.baseOffset < mapEnd);
    let nextHorizonMs = -1;
    while (remaining.length > 0) {
      const rewrite = await this.#rewrite(remaining, pass);
      remaining = remaining.slice(rewrite.sources.length);
      if (rewrite.nextHorizonMs >= 0 && (nextHorizonMs < 0 || rewrite.nextHorizonMs < nextHorizonMs))
        nextHorizonMs = rewrite.nextHorizonMs;
      const bytesBefore = rewrite.sources.reduce((sum, source) => sum + source.sizeBytes, 0);
      tally.recordsRemoved += rewrite.recordsRemoved;
      tally.bytesBefore += bytesBefore;
      tally.bytesAfter += rewrite.isChanged ? rewrite.segment.sizeBytes : bytesBefore;
    }
    await this.#checkpoint.save({ cleanerPoint: mapEnd, nextHorizonMs });
    return mapEnd;
  }

  /** The first of the candidates, and as many more as fit into one segment with it. */
  async #rewrite(candidates: readonly Segment[], pass: CompactionPass): Promise<SegmentRewrite> {
    const { context, config } = this.#core;
    const rewrite = await this.#rewriteOrCleanUp(candidates, {
      candidates,
      segmentBytesMax: Math.min(config.segmentBytes, segmentBytesLimit),
      offsetSpanMax: segmentBytesLimit,
      pass,
      fileSystem: context.fileSystem,
      files: context.openFiles,
      indexIntervalBytes: config.indexIntervalBytes,
      blockBytes: context.limits.readBlockBytes,
      pause: () => this.#pause(),
    });
    // Nothing went, and all of its records were counted on the way.
    if (!rewrite.isChanged) for (const source of rewrite.sources) source.gaps = rewrite.segment.gaps;
    if (rewrite.isChanged) await this.#checkpoint.make();
    const isPlaced = rewrite.isChanged && (await putInPlace(this.#parts, rewrite));
    if (!isPlaced) await removeIfThere(context.fileSystem, rewrite.segment.path + cleanedSuffix);
    // The cleaner point must not pass what was not put in place.
    if (rewrite.isChanged && !isPlaced && this.#core.pins > 0)
      throw new StorageError('CLOSED', `compaction of ${this.#core.directory} waits for a backup`);
    return rewrite;
  }

  /** A rewrite that fails, for want of room perhaps, must not leave its half behind. */
  async #rewriteOrCleanUp(candidates: readonly Segment[], options: RewriteOptions): Promise<SegmentRewrite> {
    try {
      return await rewriteSegments(options);
    } catch (error) {
      for (const { path } of candidates.slice(0, 1)) {
        await removeIfThere(options.fileSystem, path + cleanedSuffix).catch((cause: unknown) => {
          this.#core.context.log.warn(
            { event: 'partition.leftover_not_removed', file: path, err: cause },
            'a half-written segment could not be removed; the next attempt writes over it',
          );
        });
      }
      throw error;
    }
  }

  async #mapKeys(
    range: CompactionRange,
    transactions: CompactedTransactions,
  ): Promise<{ keys: KeyMap; mapEnd: number }> {
    const { context } = this.#core;
    const slices = { ...slicesOf(context), pause: () => this.#pause() };
    const keys = new KeyMap(context.limits.compactionMapBytesMax);
    let unpausedBytes = 0;
    for (const segment of this.#closed()) {
      if (segment.endOffset <= range.dirtyStart || segment.baseOffset >= range.dirtyEnd) continue;
      const lease = await context.openFiles.lease(segment.path);
      try {
        const batches = storedBatches({
          file: lease.file,
          path: segment.path,
          to: segment.sizeBytes,
          baseOffset: segment.baseOffset,
          endOffset: segment.endOffset,
          blockBytes: context.limits.readBlockBytes,
        });
        for await (const batch of batches) {
          if (batchLastOffset(batch) < range.dirtyStart) continue;
          if (keys.isFull) return { keys, mapEnd: batchBaseOffset(batch) };
          await mapKeys(batch, keys, { slices, transactions });
          unpausedBytes += batch.length;
          if (unpausedBytes < context.limits.readBlockBytes) continue;
          unpausedBytes = 0;
          await this.#pause();
        }
      } finally {
        lease.release();
      }
    }
    return { keys, mapEnd: range.dirtyEnd };
  }

  #closed(): readonly Segment[] {
    return this.#core.segmentList.all.slice(0, -1);
  }

  /** Compaction computes for long on the loop that serves clients: others come first, again and again. */
  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => this.#core.context.clock.defer(resolve));
    if (this.#isStopping()) throw new StorageError('CLOSED', `compaction of ${this.#core.directory} has to end`);
  }
}

import { batchIsControl, batchMaxTimestamp } from '@q/protocol';
import { removeIfThere } from '../files/durable-file.ts';
import type { LogDamage, LogId } from '../ports/log-store.ts';
import { noIndexes, readIndexFiles } from '../segment/index-cache.ts';
import { describeProblem } from '../segment/scan-problem.ts';
import { findValidBatch, scanSegment } from '../segment/segment-scan.ts';
import type { ScanEnd, ScannedBatch } from '../segment/segment-scan.ts';
import type { Segment } from '../segment/segment.ts';
import type { LogContext } from './log-context.ts';
import { hasLostOffset, hasLostSector } from './lost-sectors.ts';
import { replayPosition, resumeIndexes } from './resume-indexes.ts';
import { setAside } from './set-aside.ts';
import { syncRecovered } from './sync-recovered.ts';

export interface RecoveryOptions {
  readonly id: LogId;
  /** Ascending, sizes as the files are. */
  readonly segments: readonly Segment[];
  /** Below it nothing is verified: it was synced. */
  readonly recoveryPoint: number;
  readonly startOffset: number;
  /** False when the checkpoint of start offsets was unreadable: the log begins where its first segment does. */
  readonly isStartKnown: boolean;
  /** What was acknowledged had been synced: the log's durability is `fsync`. */
  readonly isSyncPromised: boolean;
  /** Compaction was never at work here: offsets have no gaps. */
  readonly isContiguous: boolean;
  readonly indexIntervalBytes: number;
  /** Every batch that reaches this offset is handed to `onBatch`. */
  readonly replayFrom: number;
  readonly onBatch: (batch: ScannedBatch) => void;
}

export interface Recovered {
  readonly segments: readonly Segment[];
  readonly endOffset: number;
  /** Behind it there are markers of transactions and no records, as far as was read. */
  readonly dataEndOffset: number;
  readonly damage: LogDamage | null;
  readonly bytesAboveRecoveryPoint: number;
}

/*
 * Recovery of one log's segments (formats.md, "Recovery", 2 to 5).
 *
 * A bad batch is a torn tail, and cut, if it lies above the recovery point and nothing valid follows it anywhere.
 * Otherwise it is rot: nothing is changed on disk, and the log is set aside. Two cases where valid batches behind it
 * prove nothing, because a power cut leaves such holes: syncs were never promised (`interval`, `os`), or sectors of a
 * write that was never synced are missing (lost-sectors.ts) and the valid batches, in the same file, are the rest of
 * that write. There the log is cut at the hole as well, and the bytes behind it are kept in a file beside it.
 */
export async function recoverSegments(context: LogContext, o: RecoveryOptions): Promise<Recovered> {
  const walk = new RecoveryWalk(context, o);
  return await walk.run();
}

/** Batches behind a bad one that are whole. */
interface ValidStretch {
  readonly segment: Segment;
  readonly position: number;
  readonly baseOffset: number;
  readonly endOffset: number;
}

interface JudgedEnd extends ScanEnd {
  readonly isOffsetLost: boolean;
}

class RecoveryWalk {
  readonly #context: LogContext;
  readonly #options: RecoveryOptions;
  #segments: readonly Segment[];
  #endOffset: number;
  /**
   * Where the batches end of which each began where the one before it did, from the recovery point on: nothing is
   * compacted there.
   */
  #unbrokenEnd: number;
  #bytesAbove = 0;
  /** -1: nothing was read. */
  #dataEndOffset = -1;

  constructor(context: LogContext, options: RecoveryOptions) {
    this.#context = context;
    this.#options = options;
    this.#segments = options.segments;
    this.#endOffset = this.#firstOffset;
    this.#unbrokenEnd = options.recoveryPoint;
  }

  get #firstOffset(): number {
    return this.#segments[0]?.baseOffset ?? this.#options.startOffset;
  }

  async run(): Promise<Recovered> {
    const { recoveryPoint, replayFrom, startOffset } = this.#options;
    let damage = await this.#checkHead();
    for (let index = 0; index < this.#segments.length && !damage; index += 1) {
      const segment = this.#segments[index] as Segment;
      const isLast = index === this.#segments.length - 1;
      if (!isLast && segment.endOffset <= Math.min(recoveryPoint, replayFrom)) continue;
      const end = await this.#walk(segment, isLast);
      this.#endOffset = Math.max(this.#endOffset, segment.baseOffset, end.nextOffset);
      if (end.problem) damage = await this.#judge(index, end);
    }
    // A partition without a segment has its whole content below its start.
    if (!damage && Math.max(this.#endOffset, startOffset) < recoveryPoint) damage = this.#missingTail();
    if (!damage && this.#bytesAbove > 0) await syncRecovered(this.#context, this.#segments, recoveryPoint);
    return {
      segments: this.#segments,
      endOffset: this.#endOffset,
      dataEndOffset: this.#dataEndOffset < 0 ? this.#endOffset : this.#dataEndOffset,
      damage,
      bytesAboveRecoveryPoint: this.#bytesAbove,
    };
  }

  /** The start offset lies in the first segment, or that one is missing. */
  async #checkHead(): Promise<LogDamage | null> {
    const { isStartKnown, isContiguous, isSyncPromised, startOffset, recoveryPoint } = this.#options;
    const first = this.#segments[0];
    if (!first || !isStartKnown || !isContiguous || first.baseOffset <= startOffset) return null;
    const end: ScanEnd = { position: 0, nextOffset: startOffset, problem: 'truncated' };
    const reason = `the segment that holds offset ${startOffset} is missing`;
    if (!isSyncPromised && recoveryPoint <= startOffset) {
      // Names of files that were never synced went, those of later ones stayed: nothing of the log is left that leads
      // on.
      await setAside(this.#context, this.#segments, end);
      await this.#removeFiles(this.#segments);
      this.#segments = [];
      this.#endOffset = startOffset;
      return null;
    }
    const last = this.#segments.at(-1) as Segment;
    last.endOffset = (await this.#validFrom(last, 0, last.baseOffset))?.endOffset ?? last.baseOffset;
    this.#endOffset = Math.max(last.endOffset, recoveryPoint);
    last.endOffset = this.#endOffset;
    return this.#report({ file: first.path, position: 0, fromOffset: startOffset, toOffset: first.baseOffset, reason });
  }

  /** Reads what has to be read of one segment, and completes its indexes if they may be incomplete. */
  async #walk(segment: Segment, isLast: boolean): Promise<ScanEnd> {
    const { recoveryPoint, replayFrom, indexIntervalBytes, isContiguous } = this.#options;
    const fileBytes = segment.writtenBytes;
    const closedEndOffset = segment.endOffset;
    // Before the first interval is full there is no entry. Many of ten thousand logs are as small, and two files each
    // are a lot.
    const mayHaveEntries = !isLast || fileBytes > indexIntervalBytes;
    const stored = mayHaveEntries ? await readIndexFiles(this.#context.fileSystem, segment) : noIndexes(segment);
    const isRebuilt = isLast || closedEndOffset > recoveryPoint;
    const lease = await this.#context.openFiles.lease(segment.path);
    try {
      const resumeAt = isRebuilt
        ? await resumeIndexes(segment, { stored, recoveryPoint, file: lease.file })
        : fileBytes;
      const replayAt =
        replayFrom <= segment.baseOffset
          ? 0
          : await replayPosition(stored.offsets.entryFor(replayFrom), resumeAt, lease.file);
      const from = Math.min(resumeAt, replayAt);
      const end = await scanSegment({
        file: lease.file,
        from,
        to: fileBytes,
        offset: segment.baseOffset,
        isContiguous,
        verifyFromOffset: recoveryPoint,
        blockBytes: this.#context.limits.readBlockBytes,
        onBatch: (batch) => {
          if (batch.position >= resumeAt) this.#index(segment, batch, indexIntervalBytes);
          if (batch.lastOffset >= replayFrom) this.#options.onBatch(batch);
          if (batch.lastOffset >= recoveryPoint) this.#bytesAbove += batch.bytes;
          this.#noteDataEnd(batch);
          if (batch.baseOffset === this.#unbrokenEnd) this.#unbrokenEnd = batch.lastOffset + 1;
        },
      });
      if (isRebuilt) setSizes(segment, end.position);
      if (isRebuilt && !isLast) {
        segment.seal();
        segment.endOffset = closedEndOffset;
      }
      if (isLast || end.problem) return end;
      if (!isRebuilt && from === fileBytes) return { ...end, nextOffset: closedEndOffset };
      // The end of a closed segment is missing, though it stops between two batches.
      return isContiguous && end.nextOffset !== closedEndOffset ? { ...end, problem: 'truncated' } : end;
    } finally {
      lease.release();
    }
  }

  #index(segment: Segment, batch: ScannedBatch, indexIntervalBytes: number): void {
    const maxTimestampMs = batchMaxTimestamp(batch.buffer, batch.at);
    if (batch.position === 0 && segment.firstAppendMs < 0) segment.firstAppendMs = maxTimestampMs;
    segment.append({ bytes: batch.bytes, lastOffset: batch.lastOffset, maxTimestampMs }, indexIntervalBytes);
  }

  #noteDataEnd({ buffer, at, baseOffset, lastOffset }: ScannedBatch): void {
    if (!batchIsControl(buffer, at)) this.#dataEndOffset = lastOffset + 1;
    else if (this.#dataEndOffset < 0) this.#dataEndOffset = baseOffset;
  }

  /** Torn tail or rot? */
  async #judge(index: number, end: ScanEnd): Promise<LogDamage | null> {
    const segment = this.#segments[index] as Segment;
    const { recoveryPoint } = this.#options;
    const isOffsetLost = await this.#isOffsetLost(segment, end);
    const valid = await this.#findValidBehind(index, { ...end, isOffsetLost });
    const isBelow = end.nextOffset < recoveryPoint;
    const reason = `${describeProblem(end.problem)}${isBelow ? ', below what was synced' : ''}${valid ? ', with valid batches behind it' : ''}`;
    if (
      !isBelow
      && (!valid
        || !this.#options.isSyncPromised
        || (await this.#isLostWrite(segment, { ...end, isOffsetLost }, valid)))
    ) {
      if (valid) await setAside(this.#context, this.#segments.slice(index), end);
      await this.#cutTail(index, end, reason);
      return null;
    }
    const last = this.#segments.at(-1) as Segment;
    const toOffset = valid?.baseOffset ?? Math.max(recoveryPoint, end.nextOffset);
    last.endOffset = Math.max(toOffset, valid?.endOffset ?? 0, last.baseOffset);
    this.#endOffset = last.endOffset;
    const fromOffset = Math.min(end.nextOffset, toOffset);
    return this.#report({ file: segment.path, position: end.position, fromOffset, toOffset, reason });
  }

  /** An offset that does not follow because the sector with its first bytes was never written. */
  async #isOffsetLost(segment: Segment, end: ScanEnd): Promise<boolean> {
    if (end.problem !== 'bad-offset') return false;
    const lease = await this.#context.openFiles.lease(segment.path);
    try {
      const isSure = this.#options.isContiguous || end.nextOffset === this.#unbrokenEnd;
      return await hasLostOffset({ file: lease.file, position: end.position, offset: end.nextOffset, isSure });
    } finally {
      lease.release();
    }
  }

  async #isLostWrite(segment: Segment, end: JudgedEnd, valid: ValidStretch): Promise<boolean> {
    // A segment is synced before the next one is begun.
    if (valid.segment !== segment) return false;
    if (end.isOffsetLost) return true;
    const { openFiles, limits } = this.#context;
    const lease = await openFiles.lease(segment.path);
    try {
      return await hasLostSector({
        file: lease.file,
        from: end.position,
        to: valid.position,
        blockBytes: limits.readBlockBytes,
      });
    } finally {
      lease.release();
    }
  }

  #missingTail(): LogDamage {
    const last = this.#segments.at(-1);
    const { recoveryPoint } = this.#options;
    const fromOffset = Math.max(this.#endOffset, this.#options.startOffset);
    if (last) last.endOffset = recoveryPoint;
    this.#endOffset = recoveryPoint;
    const reason = `the log ends at offset ${fromOffset}, but was synced up to ${recoveryPoint}`;
    return this.#report({
      file: last?.path ?? '',
      position: last?.writtenBytes ?? 0,
      fromOffset,
      toOffset: recoveryPoint,
      reason,
    });
  }

  #report(damage: LogDamage): LogDamage {
    const { topic, partition } = this.#options.id;
    this.#context.stats.logsQuarantined += 1;
    this.#context.log.error(
      { event: 'partition.quarantined', topic, partition, ...damage },
      'stored records are damaged; the partition is set aside, nothing was changed',
    );
    return damage;
  }

  /** From the first valid batch behind the bad one to the last. */
  async #findValidBehind(index: number, end: JudgedEnd): Promise<ValidStretch | null> {
    const found: ValidStretch[] = [];
    for (let at = index; at < this.#segments.length; at += 1) {
      const segment = this.#segments[at] as Segment;
      // Where offsets have gaps, a whole batch with a lower one than the batch before is a witness too: that one's has
      // changed.
      const isOffsetWrong = end.problem === 'bad-offset' && !this.#options.isContiguous && !end.isOffsetLost;
      const from = at !== index ? 0 : isOffsetWrong ? end.position : end.position + 1;
      const valid = await this.#validFrom(segment, from, isOffsetWrong ? this.#firstOffset : end.nextOffset);
      if (valid) found.push(valid);
    }
    const [first, last] = [found[0], found.at(-1)];
    return first && last ? { ...first, endOffset: last.endOffset } : null;
  }

  async #validFrom(segment: Segment, from: number, offset: number): Promise<ValidStretch | null> {
    const { openFiles, limits } = this.#context;
    const lease = await openFiles.lease(segment.path);
    try {
      const scan = { file: lease.file, to: await lease.file.size(), offset, blockBytes: limits.readBlockBytes };
      const first = await findValidBatch({ ...scan, from });
      if (!first) return null;
      const end = await scanSegment({ ...scan, from: first.position, verifyFromOffset: 0, onBatch: () => undefined });
      return { segment, position: first.position, baseOffset: first.baseOffset, endOffset: end.nextOffset };
    } finally {
      lease.release();
    }
  }

  async #cutTail(index: number, end: ScanEnd, reason: string): Promise<void> {
    const { openFiles, fileSystem, log, stats } = this.#context;
    const { topic, partition } = this.#options.id;
    const segment = this.#segments[index] as Segment;
    const later = this.#segments.slice(index + 1);
    let bytes = later.reduce((sum, { writtenBytes }) => sum + writtenBytes, 0);
    await this.#removeFiles(later);
    const lease = await openFiles.lease(segment.path);
    try {
      bytes += (await lease.file.size()) - end.position;
      await lease.file.truncate(end.position);
      await lease.file.datasync();
    } finally {
      lease.release();
    }
    await fileSystem.syncDirectory(segment.directory);
    this.#segments = this.#segments.slice(0, index + 1);
    segment.endOffset = end.nextOffset;
    setSizes(segment, end.position);
    stats.tailsCut += 1;
    stats.bytesCut += bytes;
    const { path: file } = segment;
    log.warn(
      {
        event: 'partition.tail_cut',
        topic,
        partition,
        file,
        position: end.position,
        bytes,
        endOffset: end.nextOffset,
        reason,
      },
      'torn tail cut: bytes that were never synced',
    );
  }

  /**
   * Later ones first: what is left is at every moment a beginning of what was there. Their indexes go at the next
   * opening.
   */
  async #removeFiles(segments: readonly Segment[]): Promise<void> {
    const { openFiles, fileSystem } = this.#context;
    for (const { path } of segments.toReversed()) {
      openFiles.forget(path);
      await removeIfThere(fileSystem, path);
    }
    for (const { directory } of segments.slice(0, 1)) await fileSystem.syncDirectory(directory);
  }
}

function setSizes(segment: Segment, bytes: number): void {
  segment.sizeBytes = bytes;
  segment.writtenBytes = bytes;
  segment.syncedBytes = bytes;
}

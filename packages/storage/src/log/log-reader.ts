import { batchLastOffset, batchSize } from '@q/protocol';
import { asStorageError, systemCode } from '../errors.ts';
import type { StorageError } from '../errors.ts';
import type { LogRead, ReadOptions } from '../ports/log-store.ts';
import type { Segment } from '../segment/segment.ts';
import { readSegment } from './cold-read.ts';
import { HotRead } from '../cache/hot-read.ts';
import type { HotReadBounds } from '../cache/hot-read.ts';
import type { FoundBatches } from './found-batches.ts';
import type { LogCore } from './log-core.ts';
import { closedError, damageError, rangeError } from './log-errors.ts';
import type { Block } from './read-ahead.ts';

// Readers of one log that go through it in order at the same time, and skip the search for the next position.
const readersRemembered = 16;

/** Where a batch begins, as an earlier read has shown. */
interface Hint {
  readonly version: number;
  readonly segment: Segment;
  readonly position: number;
}

/** What follows an earlier read, on its way. */
interface Ahead {
  readonly version: number;
  readonly maxBytes: number;
  readonly block: Block<FoundBatches>;
}

/*
 * The way out of a log: from the tail cache and what follows it (appends that are to be written, and those that wait
 * for their round), else from the segment's file. Who reads files in order finds the next block read already.
 *
 * Invariants
 * - What was read ahead is given out only where a read of the files would give the same now: for the version of the log
 *   that it was read from, with no more room than it was read for, and not where it ended at a high watermark that has
 *   moved on.
 * - Once the log is closed nothing more is read ahead.
 */
export class LogReader {
  readonly #core: LogCore;
  readonly #hints = new Map<number, Hint>();
  readonly #ahead = new Map<number, Ahead>();
  readonly #dropping = new Set<Promise<void>>();

  constructor(core: LogCore) {
    this.#core = core;
  }

  read(o: ReadOptions): LogRead | Promise<LogRead> {
    this.#assertReadable(o.offset);
    const limitOffset = this.#core.readLimit(o.upTo);
    if (o.offset >= limitOffset) return this.#answer([], 0, o);
    const maxBytes = Math.min(o.maxBytes, this.#core.context.limits.readBytesMax);
    const hot = this.#readMemory({ offset: o.offset, limitOffset, maxBytes });
    if (!hot) return this.#readCold(o);
    this.#core.context.stats.readsHot += 1;
    return this.#answerShared(hot.buffers, hot.bytes, o);
  }

  #assertReadable(offset: number): void {
    const { state, damage, logStartOffset, logEndOffset } = this.#core;
    if (state === 'closed') throw closedError(this.#core);
    if (offset < logStartOffset || offset > logEndOffset) throw rangeError(this.#core, offset);
    if (damage && offset >= damage.fromOffset && offset < logEndOffset) throw damageError(this.#core, damage);
  }

  /** Null: a file has the offset, and memory no longer. */
  #readMemory(bounds: HotReadBounds): HotRead | null {
    const { tail, owed, waiting, unwrittenOffset } = this.#core;
    const read = tail.read(bounds) ?? (bounds.offset < unwrittenOffset ? null : new HotRead(bounds));
    read?.take(owed);
    read?.take(waiting);
    return read;
  }

  async #readCold(o: ReadOptions): Promise<LogRead> {
    if (this.#core.moving) {
      await this.#core.moving;
      return await this.read(o);
    }
    const { version, drops, context } = this.#core;
    context.stats.readsCold += 1;
    try {
      const isInOrder = this.#ahead.has(o.offset) || this.#hints.has(o.offset);
      const found = (await this.#takeAhead(o, version)) ?? (await this.#readFiles(o, version));
      // What was read before its segment was dropped is as good as ever.
      if (version === this.#core.version) {
        if (isInOrder && found !== null) this.#readAhead(found, o.maxBytes);
        return this.#answerFound(found, o);
      }
      if (found !== null) context.readBuffers.giveBack(found.bytes);
    } catch (error) {
      // A swap of files that is under way ends first: in its midst a segment's name leads nowhere.
      if (systemCode(error) === 'ENOENT') await this.#core.turns.run(async () => undefined);
      if (version === this.#core.version && drops === this.#core.drops) throw this.#readError(error, o.offset);
    }
    // Files were cut, replaced or removed meanwhile. That is rare, so this ends.
    return await this.read(o);
  }

  /** Null: there is nothing, or the log changed meanwhile. */
  async #readFiles(o: ReadOptions & { isBounded?: boolean }, version: number): Promise<FoundBatches | null> {
    const { segmentList, context } = this.#core;
    const limitOffset = Math.min(this.#core.readLimit(o.upTo), this.#core.unwrittenOffset);
    for (let index = Math.max(0, segmentList.indexOf(o.offset)); index < segmentList.count; index += 1) {
      const segment = segmentList.all[index] as Segment;
      if (segment.baseOffset >= limitOffset) break;
      if (segment.writtenBytes === 0 && (segment.mayHaveGaps || segment.endOffset === segment.baseOffset)) continue;
      const position = this.#takeHint(o.offset, segment, version);
      const found = await readSegment(context, segment, { ...o, limitOffset, position, memory: context.readBuffers });
      if (version !== this.#core.version) {
        context.readBuffers.giveBack(found.bytes);
        break;
      }
      if (found.bytes.length === 0 && o.isBounded === true && found.nextPosition < segment.writtenBytes) break;
      if (found.bytes.length === 0) continue;
      this.#keepHint(found.nextOffset, { version, segment, position: found.nextPosition });
      return { ...found, segment, limitOffset };
    }
    return null;
  }

  // ── reading ahead ──

  /** What was read ahead for a read like this one, if it is as good as what the files would give now. */
  async #takeAhead(o: ReadOptions, version: number): Promise<FoundBatches | null> {
    const ahead = this.#ahead.get(o.offset);
    if (!ahead) return null;
    if (ahead.version !== version || o.maxBytes > ahead.maxBytes) {
      this.#drop(ahead);
      return null;
    }
    const { readAhead, readBuffers, stats } = this.#core.context;
    this.#ahead.delete(o.offset);
    const found = await readAhead.take(ahead.block);
    if (found === null) return null;
    const limitOffset = this.#core.readLimit(o.upTo);
    const isCutShort = found.nextOffset >= found.limitOffset && found.limitOffset < limitOffset;
    const fits = found.bytes.length <= o.maxBytes || batchSize(found.bytes) === found.bytes.length;
    if (!isCutShort && fits && found.nextOffset <= limitOffset) {
      stats.readsAhead += 1;
      return found;
    }
    stats.readsAheadUnused += 1;
    readBuffers.giveBack(found.bytes);
    return null;
  }

  /** Starts to read what follows, for whoever has read up to there and comes again. */
  #readAhead({ nextOffset }: FoundBatches, maxBytes: number): void {
    const { context, version } = this.#core;
    const { readAhead, limits } = context;
    if (maxBytes > limits.readBlockBytes || this.#ahead.has(nextOffset)) return;
    const { tail, unwrittenOffset } = this.#core;
    const isElsewhere =
      nextOffset >= this.#core.readLimit('highWatermark') || nextOffset >= Math.min(tail.startOffset, unwrittenOffset);
    if (isElsewhere || this.#core.moving !== null || this.#core.state === 'closed') return;
    const block = readAhead.start({
      bytes: Math.max(maxBytes, limits.readBlockBytes),
      read: () => this.#readFiles({ offset: nextOffset, maxBytes, upTo: 'highWatermark', isBounded: true }, version),
      dropped: () => this.#ahead.delete(nextOffset),
    });
    if (block !== null) this.#ahead.set(nextOffset, { version, maxBytes, block });
  }

  #drop({ block }: Ahead): void {
    const dropped = this.#core.context.readAhead.drop(block);
    this.#dropping.add(dropped);
    void dropped.then(() => this.#dropping.delete(dropped));
  }

  /**
   * Drops what was read ahead, and resolves when none of it is under way any more: files may be closed then, or
   * removed.
   */
  async stop(): Promise<void> {
    for (const ahead of this.#ahead.values()) this.#drop(ahead);
    await Promise.all(this.#dropping);
  }

  #takeHint(offset: number, segment: Segment, version: number): number | undefined {
    const hint = this.#hints.get(offset);
    if (!hint) return undefined;
    if (hint.version === version && hint.segment === segment) return hint.position;
    this.#hints.delete(offset);
    return undefined;
  }

  #keepHint(offset: number, hint: Hint): void {
    this.#hints.delete(offset);
    this.#hints.set(offset, hint);
    if (this.#hints.size <= readersRemembered) return;
    for (const oldest of this.#hints.keys()) {
      this.#hints.delete(oldest);
      return;
    }
  }

  #answer(buffers: readonly Buffer[], bytes: number, o: ReadOptions): LogRead {
    const { highWatermark, logStartOffset, lastStableOffset, transactions } = this.#core;
    const answer = { buffers, bytes, highWatermark, logStartOffset, lastStableOffset };
    if (o.upTo !== 'lastStable' || bytes === 0 || transactions.aborted.count === 0) return answer;
    const aborted = transactions.aborted.within(o.offset, endOffsetOf(buffers));
    return aborted.length === 0 ? answer : { ...answer, aborted };
  }

  /** Others look at the same batches. */
  #answerShared(batches: readonly Buffer[], bytes: number, o: ReadOptions): LogRead {
    const { appendBuffers } = this.#core.context;
    const buffers = this.#joinSmall(batches);
    let lent = buffers.filter((buffer) => appendBuffers.retain(buffer));
    const answer = this.#answer(buffers, bytes, o);
    if (lent.length === 0) return answer;
    const release = (): void => {
      for (const buffer of lent) appendBuffers.release(buffer);
      lent = [];
    };
    return { ...answer, release };
  }

  /** Copies what lies in memory that many share: a reader who takes its time would keep all of that. */
  #joinSmall(batches: readonly Buffer[]): readonly Buffer[] {
    const { appendBuffers } = this.#core.context;
    if (!batches.some((batch) => appendBuffers.isShared(batch))) return batches;
    const runs: { isShared: boolean; batches: Buffer[] }[] = [];
    for (const batch of batches) {
      const isShared = appendBuffers.isShared(batch);
      const last = runs.at(-1);
      if (last?.isShared === isShared) last.batches.push(batch);
      else runs.push({ isShared, batches: [batch] });
    }
    return runs.flatMap((run) => (run.isShared ? Buffer.concat(run.batches) : run.batches));
  }

  #answerFound(found: FoundBatches | null, o: ReadOptions): LogRead {
    if (found === null) return this.#answer([], 0, o);
    const { bytes } = found;
    const { readBuffers } = this.#core.context;
    const answer = this.#answer([bytes], bytes.length, o);
    return readBuffers.isLent(bytes) ? { ...answer, release: () => readBuffers.giveBack(bytes) } : answer;
  }

  #readError(error: unknown, offset: number): StorageError {
    const { id, context } = this.#core;
    const { topic, partition } = id;
    context.log.error(
      { event: 'partition.read_failed', topic, partition, offset, err: error },
      'a read of stored records failed',
    );
    return asStorageError(error, `reading records of ${id.topic}-${id.partition} at offset ${offset}`);
  }
}

/** One past the last offset of whole batches, of which there is at least one. */
function endOffsetOf(buffers: readonly Buffer[]): number {
  const last = buffers.at(-1) as Buffer;
  let at = 0;
  for (let next = batchSize(last); next < last.length; next = at + batchSize(last, at)) at = next;
  return batchLastOffset(last, at) + 1;
}

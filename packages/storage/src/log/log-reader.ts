import { asStorageError, systemCode } from '../errors.ts';
import type { StorageError } from '../errors.ts';
import type { LogRead, ReadOptions } from '../ports/log-store.ts';
import type { Segment } from '../segment/segment.ts';
import type { LogTail } from '../tail-cache.ts';
import { readSegment } from './cold-read.ts';
import type { LocalLog } from './local-log.ts';

// Readers of one log that go through it in order at the same time, and skip the search for the next position.
const readersRemembered = 16;

/** Where a batch begins, as an earlier read has shown. */
interface Hint {
  readonly version: number;
  readonly segment: Segment;
  readonly position: number;
}

/**
 * The way out of a log: from the tail cache if it has the offset, else from appends that still wait for their round, else
 * from the segment's file.
 */
export class LogReader {
  readonly #log: LocalLog;
  readonly #tail: LogTail;
  readonly #hints = new Map<number, Hint>();

  constructor(o: { log: LocalLog; tail: LogTail }) {
    this.#log = o.log;
    this.#tail = o.tail;
  }

  /** `o.offset` lies within the log. */
  read(o: ReadOptions): LogRead | Promise<LogRead> {
    const limitOffset = this.#log.readLimit(o.upTo);
    if (o.offset >= limitOffset) return this.#answer([], 0);
    const maxBytes = Math.min(o.maxBytes, this.#log.context.limits.readBytesMax);
    const hot = this.#tail.read({ offset: o.offset, limitOffset, maxBytes }) ?? this.#readWaiting(o.offset, maxBytes, limitOffset);
    if (!hot) return this.#readCold(o);
    this.#log.context.stats.readsHot += 1;
    return this.#answer(hot.buffers, hot.bytes);
  }

  /** Appends that the tail cache, short of room, has dropped before they were written. */
  #readWaiting(offset: number, maxBytes: number, limitOffset: number): { buffers: Buffer[]; bytes: number } | null {
    const { waiting } = this.#log;
    const first = waiting[0];
    if (!first || offset < first.baseOffset) return null;
    const buffers: Buffer[] = [];
    let bytes = 0;
    for (const append of waiting) {
      if (append.lastOffset < offset) continue;
      if (append.baseOffset >= limitOffset || (bytes > 0 && bytes + append.batch.length > maxBytes)) break;
      buffers.push(append.batch);
      bytes += append.batch.length;
    }
    return { buffers, bytes };
  }

  async #readCold(o: ReadOptions): Promise<LogRead> {
    if (this.#log.moving) {
      await this.#log.moving;
      return await this.#log.read(o);
    }
    const { version, drops, context } = this.#log;
    context.stats.readsCold += 1;
    try {
      const bytes = await this.#readFiles(o, version);
      // What was read before its segment was dropped is as good as ever.
      if (version === this.#log.version) return this.#answer(bytes.length === 0 ? [] : [bytes], bytes.length);
    } catch (error) {
      // A swap of files that is under way ends first: in its midst a segment's name leads nowhere.
      if (systemCode(error) === 'ENOENT') await this.#log.exclusively(async () => undefined);
      if (version === this.#log.version && drops === this.#log.drops) throw this.#readError(error, o.offset);
    }
    // Files were cut, replaced or removed meanwhile. That is rare, so this ends.
    return await this.#log.read(o);
  }

  async #readFiles(o: ReadOptions, version: number): Promise<Buffer> {
    const { segmentList, context, waiting } = this.#log;
    const limitOffset = Math.min(this.#log.readLimit(o.upTo), waiting[0]?.baseOffset ?? Number.POSITIVE_INFINITY);
    for (let index = Math.max(0, segmentList.indexOf(o.offset)); index < segmentList.count; index += 1) {
      const segment = segmentList.all[index] as Segment;
      if (segment.baseOffset >= limitOffset) break;
      if (segment.writtenBytes === 0 && (segment.mayHaveGaps || segment.endOffset === segment.baseOffset)) continue;
      const position = this.#takeHint(o.offset, segment, version);
      const found = await readSegment(context, segment, { offset: o.offset, limitOffset, maxBytes: o.maxBytes, position });
      if (version !== this.#log.version) break;
      if (found.bytes.length === 0) continue;
      this.#keepHint(found.nextOffset, { version, segment, position: found.nextPosition });
      return found.bytes;
    }
    return Buffer.alloc(0);
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

  #answer(buffers: readonly Buffer[], bytes: number): LogRead {
    const { highWatermark, logStartOffset, lastStableOffset } = this.#log;
    return { buffers, bytes, highWatermark, logStartOffset, lastStableOffset };
  }

  #readError(error: unknown, offset: number): StorageError {
    const { id, context } = this.#log;
    const fields = { topic: id.topic, partition: id.partition, offset, error };
    context.log.error(fields, 'a read of stored records failed');
    return asStorageError(error, `reading records of ${id.topic}-${id.partition} at offset ${offset}`);
  }
}

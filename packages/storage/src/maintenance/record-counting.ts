import { batchIsControl, batchRecordsCount } from '@q/protocol';
import type { LogCore } from '../log/log-core.ts';
import { scanSegment } from '../segment/segment-scan.ts';
import type { Segment } from '../segment/segment.ts';

/*
 * Finds out how many records a segment has that was compacted or has markers of transactions, by the headers of its
 * batches: no file says so. Compaction and appends count what they write, so this is for what was written before the
 * last start, once each.
 *
 * Invariants
 * - One round reads at most its bytes, and one segment more: it reads what nobody has asked for.
 * - A count is kept only if nothing was moved or cut meanwhile.
 */
export class RecordCounting {
  #bytesLeft: number;

  constructor(bytesMax: number) {
    this.#bytesLeft = bytesMax;
  }

  async run(core: LogCore): Promise<void> {
    for (const segment of core.segmentList.all) {
      if (this.#bytesLeft <= 0 || core.state !== 'open') return;
      if (segment.gaps === null && !segment.isUncountable) await this.#count(core, segment);
    }
  }

  async #count(core: LogCore, segment: Segment): Promise<void> {
    const { version } = core;
    const { uncountedEnd, writtenBytes } = segment;
    // Compaction may have left nothing at its end.
    const isWritten = segment !== core.segmentList.active && writtenBytes === segment.sizeBytes;
    this.#bytesLeft -= writtenBytes;
    const found = await readHeaders(core, segment);
    if (core.version !== version || core.state !== 'open') return;
    if (!found.isWhole) segment.isUncountable = true;
    // Otherwise the journal has the rest, and another round comes.
    else if (isWritten || found.nextOffset >= uncountedEnd)
      segment.foundGaps(uncountedEnd - segment.baseOffset - found.records);
  }
}

async function readHeaders(
  core: LogCore,
  segment: Segment,
): Promise<{ records: number; nextOffset: number; isWhole: boolean }> {
  const { path, baseOffset, endOffset, uncountedEnd, writtenBytes } = segment;
  if (writtenBytes === 0) return { records: 0, nextOffset: baseOffset, isWhole: true };
  const { openFiles, limits } = core.context;
  let records = 0;
  const lease = await openFiles.lease(path);
  try {
    const { nextOffset, problem } = await scanSegment({
      file: lease.file,
      from: 0,
      to: writtenBytes,
      offset: baseOffset,
      limitOffset: endOffset,
      verifyFromOffset: Number.POSITIVE_INFINITY,
      blockBytes: limits.readBlockBytes,
      onBatch: ({ buffer, at, lastOffset }) => {
        if (batchIsControl(buffer, at)) segment.hasMarkers = true;
        else if (lastOffset < uncountedEnd) records += batchRecordsCount(buffer, at);
      },
    });
    return { records, nextOffset, isWhole: problem === null };
  } finally {
    lease.release();
  }
}

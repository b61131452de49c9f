import { inParallel } from '../concurrency/in-parallel.ts';
import type { File } from '../ports/file-system.ts';
import type { Segment } from '../segment/segment.ts';
import type { LogContext } from './log-context.ts';

/**
 * What was found above the recovery point may be in the page cache only, and a sync alone does not change that: one
 * that failed in an earlier process has marked the pages clean without writing them. Written once more, they are dirty
 * again.
 */
export async function syncRecovered(
  context: LogContext,
  segments: readonly Segment[],
  recoveryPoint: number,
): Promise<void> {
  const { limits, openFiles, fileSystem, reserve } = context;
  const above = segments.filter((segment) => segment.endOffset > recoveryPoint && segment.writtenBytes > 0);
  await inParallel(above, limits.flushesInParallelMax, async (segment) => {
    const lease = await openFiles.lease(segment.path);
    try {
      const from = segment.indexes?.offsets.positionFor(recoveryPoint) ?? 0;
      // Most file systems need no room for that. One that never writes over anything does, for a moment.
      await reserve.withRoom(() =>
        writeAgain(lease.file, { from, to: segment.writtenBytes, blockBytes: limits.readBlockBytes }),
      );
      await lease.file.datasync();
    } finally {
      lease.release();
    }
  });
  for (const segment of above.slice(0, 1)) await fileSystem.syncDirectory(segment.directory);
}

/** Every block with its own bytes: whatever part of it a crash leaves unwritten, the content is the same. */
async function writeAgain(file: File, o: { from: number; to: number; blockBytes: number }): Promise<void> {
  for (let position = o.from; position < o.to;) {
    const block = await file.read(position, Math.min(o.blockBytes, o.to - position));
    if (block.length === 0) return;
    await file.write([block], position);
    position += block.length;
  }
}

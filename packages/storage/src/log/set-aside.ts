import { isDiskFull } from '../errors.ts';
import { removeIfThere, writeFileFrom } from '../files/durable-file.ts';
import { asideFileName } from '../files/file-names.ts';
import type { File, FileSystem } from '../ports/file-system.ts';
import type { DiskReserve } from '../room/disk-reserve.ts';
import type { Segment } from '../segment/segment.ts';
import type { LogContext } from './log-context.ts';

/** Of what recovery keeps aside on a full disk: there has to be room for so much. */
const movedBytesMax = 64 << 10;

/**
 * Keeps the bytes of a file from `position` on, and all of those behind it, in files beside them: they are about to be
 * cut off.
 */
export async function setAside(
  context: LogContext,
  segments: readonly Segment[],
  o: { position: number },
): Promise<void> {
  const { fileSystem, openFiles, limits, log, reserve } = context;
  for (const [at, segment] of segments.entries()) {
    const from = at === 0 ? o.position : 0;
    const pathAt = (position: number): string =>
      `${segment.directory}/${asideFileName({ baseOffset: segment.baseOffset, position })}`;
    const path = pathAt(from);
    const lease = await openFiles.lease(segment.path);
    try {
      const tail = { source: lease.file, from, path, blockBytes: limits.readBlockBytes };
      await copyTail(fileSystem, tail).catch(async (error: unknown) => {
        if (!isDiskFull(error)) throw error;
        await removeIfThere(fileSystem, path);
        await moveTail(fileSystem, reserve, { ...tail, pathAt });
      });
    } finally {
      lease.release();
    }
    log.warn(
      { event: 'partition.hole_kept_aside', file: segment.path, position: from, aside: path },
      'unsynced bytes behind a hole are kept aside',
    );
  }
}

async function copyTail(
  fileSystem: FileSystem,
  o: { source: File; from: number; path: string; blockBytes: number },
): Promise<void> {
  const target = await fileSystem.open(o.path, 'create');
  try {
    for (let position = o.from; ;) {
      const block = await o.source.read(position, o.blockBytes);
      if (block.length === 0) break;
      await target.write([block], position - o.from);
      position += block.length;
    }
    await target.datasync();
  } finally {
    await target.close();
  }
}

/**
 * Where there is no room for both: block after block, each to a file of its own, the last one first. At every moment
 * what is left to be moved is a beginning of it.
 */
async function moveTail(
  fileSystem: FileSystem,
  reserve: DiskReserve,
  o: { source: File; from: number; pathAt: (position: number) => string; blockBytes: number },
): Promise<void> {
  for (let end = await o.source.size(); end > o.from;) {
    const at = Math.max(o.from, end - Math.min(o.blockBytes, movedBytesMax));
    const bytes = await o.source.read(at, end - at);
    await reserve.withRoom(() => writeFileFrom(fileSystem, o.pathAt(at), { position: 0, bytes }));
    await o.source.truncate(at);
    await o.source.datasync();
    end = at;
  }
}

import { removeIfThere } from '../files/durable-file.ts';
import { offsetFileName, parseOffsetFile, segmentFileKinds, swapSuffix } from '../files/file-names.ts';
import type { FileSystem } from '../ports/file-system.ts';
import { scanSegment } from '../segment/segment-scan.ts';

/*
 * After a crash: a `.log.swap` is a rewritten segment, whole and durable, that was to replace the segments from its own
 * base offset up to its last record. Its sources may be there, or some of them, or none.
 *
 * A source behind the swap's last record (all of its records went) may stay behind: its records are superseded by later
 * ones that are still in the log, and the next pass removes them again.
 *
 * Returns how many there were: with any, `names`, what the folder held, is out of date.
 */
export async function finishSwaps(
  fileSystem: FileSystem,
  o: { directory: string; names: readonly string[]; blockBytes: number },
): Promise<number> {
  const { directory, blockBytes } = o;
  const files = o.names.map(parseOffsetFile).filter((file) => file !== null);
  const swaps = files.filter(({ kind, mark }) => kind === 'log' && mark === swapSuffix);
  for (const swap of swaps) {
    const endOffset = await endOf(fileSystem, {
      path: `${directory}/${swap.name}`,
      baseOffset: swap.offset,
      blockBytes,
    });
    for (const { name, kind, offset, mark } of files) {
      const isSource =
        mark === ''
        && segmentFileKinds.includes(kind)
        && offset >= swap.offset
        && (offset < endOffset || offset === swap.offset);
      if (isSource) await removeIfThere(fileSystem, `${directory}/${name}`);
    }
    // The old indexes must be gone for good before the new log has their name.
    await fileSystem.syncDirectory(directory);
    await fileSystem.rename(`${directory}/${swap.name}`, `${directory}/${offsetFileName(swap.offset, 'log')}`);
    await fileSystem.syncDirectory(directory);
  }
  return swaps.length;
}

/** One past the last record of the file, by the headers of its batches. */
async function endOf(
  fileSystem: FileSystem,
  o: { path: string; baseOffset: number; blockBytes: number },
): Promise<number> {
  const file = await fileSystem.open(o.path, 'read');
  try {
    const end = await scanSegment({
      file,
      from: 0,
      to: await file.size(),
      offset: o.baseOffset,
      verifyFromOffset: Number.POSITIVE_INFINITY,
      blockBytes: o.blockBytes,
      onBatch: () => undefined,
    });
    return end.nextOffset;
  } finally {
    await file.close();
  }
}

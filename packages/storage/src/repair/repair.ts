import type { Finding } from '../inspect/partition-walk.ts';
import { walkPartition } from '../inspect/partition-walk.ts';
import { folderAbove, knownOffsets } from '../inspect/known-offsets.ts';
import type { DamagedStretch } from '../inspect/segment-walk.ts';
import { findStoredPartitions } from '../inspect/stored-partition.ts';
import type { StoredPartition, StoredSegment } from '../inspect/stored-partition.ts';
import { StorageError, isUnreadable, systemCode } from '../errors.ts';
import { decodeLeaderEpochCheckpoint } from '../epochs/leader-epoch-checkpoint.ts';
import { LeaderEpochs } from '../epochs/leader-epochs.ts';
import { readFileIfThere, removeIfThere } from '../files/durable-file.ts';
import {
  asideFileName,
  cleanShutdownName,
  leaderEpochCheckpointName,
  offsetFileName,
  temporarySuffix,
} from '../files/file-names.ts';
import { gapBatches } from '../files/gap-batches.ts';
import type { File, FileSystem } from '../ports/file-system.ts';

/** One place where records are lost. */
export interface Loss {
  /** The file, and the first of its bytes that are none of a record. */
  readonly file: string;
  readonly position: number;
  readonly endPosition: number;
  /** Offsets whose records are lost: from here up to, not including, `toOffset`. */
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly reason: string;
}

/** What a repair would do. Nothing is lost by it that can still be read. */
export interface RepairPlan {
  readonly partition: StoredPartition;
  readonly losses: readonly Loss[];
  /** What stays. */
  readonly records: number;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Where the bytes that are taken out would be kept. */
  readonly aside: readonly string[];
}

/*
 * Makes a partition that is set aside as damaged one that opens again.
 *
 * Where bytes are damaged they are taken out, and a batch without records takes the place of the offsets that they had:
 * what lies behind keeps its offsets, and none is given out twice. A segment that is missing is replaced by such
 * batches alone. Nothing that can be read is touched.
 *
 * Invariants
 * - The bytes of a file from the first damaged one on are kept beside it, durably, before the file is replaced.
 * - A file is replaced by one rename; its indexes are gone before that. A repair that was cut off is planned anew.
 * - The data folder is held meanwhile, and was left in order: what a crash left in the journal belongs into it first.
 */

/** What a repair of a partition would do; nothing is changed. */
export async function planRepair(fileSystem: FileSystem, path: string): Promise<RepairPlan> {
  const [partition, ...others] = await findStoredPartitions(fileSystem, path);
  if (partition === undefined || others.length > 0 || partition.topic === null || partition.directory !== trimmed(path))
    throw new StorageError('UNKNOWN_LOG', `${path} is not the folder of one partition, such as data/orders-0`);
  const known = await knownOffsets(fileSystem, partition);
  const losses: Loss[] = [];
  const walk = walkPartition(fileSystem, partition, known);
  for (;;) {
    const step = await walk.next();
    if (step.done === true) return planOf(partition, losses, step.value);
    if (step.value.kind === 'damage') losses.push(lossOf(step.value));
  }
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function planOf(
  partition: StoredPartition,
  losses: readonly Loss[],
  { records, startOffset, endOffset }: { records: number; startOffset: number; endOffset: number },
): RepairPlan {
  const firsts = new Map<string, Loss>();
  for (const loss of losses)
    if (loss.endPosition > loss.position && !firsts.has(loss.file)) firsts.set(loss.file, loss);
  const aside = partition.segments.flatMap(({ path, baseOffset }) => {
    const first = firsts.get(path);
    return first ? [`${partition.directory}/${asideFileName({ baseOffset, position: first.position })}`] : [];
  });
  return {
    partition,
    losses,
    records,
    aside,
    startOffset,
    endOffset: Math.max(endOffset, ...losses.map(({ toOffset }) => toOffset)),
  };
}

function lossOf(finding: Finding & DamagedStretch): Loss {
  const { segment, position, endPosition, fromOffset, reason } = finding;
  return { file: segment.path, position, endPosition, fromOffset, toOffset: finding.toOffset ?? fromOffset, reason };
}

/**
 * Does what `planRepair` says, with the data folder for itself.
 * @throws StorageError STORAGE_LOCKED: a broker has the folder; UNKNOWN_LOG: it was not left in order, or the bytes of
 * an earlier repair are in the way
 */
export async function repairPartition(fileSystem: FileSystem, path: string): Promise<RepairPlan> {
  const root = folderAbove(trimmed(path));
  const lock = await fileSystem.lock(root);
  try {
    await assertLeftInOrder(fileSystem, root);
    const plan = await planRepair(fileSystem, path);
    for (const aside of plan.aside) await assertAbsent(fileSystem, aside);
    const epochs = await readEpochs(fileSystem, plan.partition.directory);
    for (const segment of plan.partition.segments) {
      const losses = plan.losses.filter(({ file }) => file === segment.path);
      if (losses.length > 0) await repairSegment(fileSystem, { ...plan, epochs }, segment, losses);
    }
    for (const loss of plan.losses)
      if (!plan.partition.segments.some(({ path: file }) => file === loss.file))
        await writeGap(fileSystem, plan.partition.directory, withEpoch(loss, epochs));
    await fileSystem.syncDirectory(plan.partition.directory);
    return plan;
  } finally {
    await lock.release();
  }
}

async function assertLeftInOrder(fileSystem: FileSystem, root: string): Promise<void> {
  if ((await fileSystem.readDirectory(root)).includes(cleanShutdownName)) return;
  throw new StorageError(
    'UNKNOWN_LOG',
    `${root} was left by a crash, so records may be in its journal alone: start a broker on it and stop it, then repair`,
  );
}

async function assertAbsent(fileSystem: FileSystem, path: string): Promise<void> {
  const isThere = await fileSystem.stat(path).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
  if (isThere) throw new StorageError('UNKNOWN_LOG', `${path} is there from an earlier repair: move it away first`);
}

async function repairSegment(
  fileSystem: FileSystem,
  { partition, aside, epochs }: RepairPlan & { readonly epochs: LeaderEpochs },
  segment: StoredSegment,
  losses: readonly Loss[],
): Promise<void> {
  const inFile = losses.filter(({ position, endPosition }) => endPosition > position);
  const first = inFile[0];
  if (first !== undefined) {
    const kept = aside.find((name) => name.startsWith(segment.path)) as string;
    await copyFrom(fileSystem, segment, { position: first.position, to: kept });
    await fileSystem.syncDirectory(partition.directory);
    await rewrite(fileSystem, { partition, segment, epochs }, inFile);
  }
  // What is missing behind the file's last byte, up to the next segment or to what was synced.
  for (const loss of losses)
    if (loss.position === loss.endPosition && segment.isContiguous)
      await writeGap(fileSystem, partition.directory, withEpoch(loss, epochs));
}

/** That of the records before it: epochs never go back within a log. */
function withEpoch(loss: Loss, epochs: LeaderEpochs): Loss & { readonly leaderEpoch: number } {
  return { ...loss, leaderEpoch: Math.max(0, epochs.epochAt(loss.fromOffset)) };
}

async function readEpochs(fileSystem: FileSystem, directory: string): Promise<LeaderEpochs> {
  const bytes = await readFileIfThere(fileSystem, `${directory}/${leaderEpochCheckpointName}`);
  try {
    return new LeaderEpochs(bytes === null ? [] : decodeLeaderEpochCheckpoint(bytes.toString('utf8')));
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return new LeaderEpochs();
  }
}

async function copyFrom(
  fileSystem: FileSystem,
  { path }: StoredSegment,
  o: { readonly position: number; readonly to: string },
): Promise<void> {
  const source = await fileSystem.open(path, 'read');
  try {
    await writeWhole(fileSystem, o.to, async (append) => {
      for (let position = o.position; ;) {
        const bytes = await source.read(position, blockBytes);
        if (bytes.length === 0) return;
        await append(bytes);
        position += bytes.length;
      }
    });
  } finally {
    await source.close();
  }
}

const blockBytes = 256 << 10;

/** The good bytes between the damaged ones, and a batch without records for each of those. */
async function rewrite(
  fileSystem: FileSystem,
  o: { readonly partition: StoredPartition; readonly segment: StoredSegment; readonly epochs: LeaderEpochs },
  losses: readonly Loss[],
): Promise<void> {
  const {
    partition: { directory },
    segment,
  } = o;
  const source = await fileSystem.open(segment.path, 'read');
  const draft = segment.path + temporarySuffix;
  try {
    await writeWhole(fileSystem, draft, async (append) => {
      let position = 0;
      for (const loss of losses) {
        await copyRange(source, { from: position, to: loss.position }, append);
        if (segment.isContiguous) for (const gap of gapBatches(rangeOf(withEpoch(loss, o.epochs)))) await append(gap);
        position = loss.endPosition;
      }
      await copyRange(source, { from: position, to: segment.sizeBytes }, append);
    });
  } finally {
    await source.close();
  }
  // That of aborted transactions stays: it speaks of offsets, and what the segment may have lost of them it knows.
  for (const kind of ['index', 'timeindex'] as const)
    await removeIfThere(fileSystem, `${directory}/${offsetFileName(segment.baseOffset, kind)}`);
  await fileSystem.syncDirectory(directory);
  await fileSystem.rename(draft, segment.path);
  await fileSystem.syncDirectory(directory);
}

async function copyRange(
  source: File,
  range: { readonly from: number; readonly to: number },
  append: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  for (let position = range.from; position < range.to;) {
    const bytes = await source.read(position, Math.min(blockBytes, range.to - position));
    if (bytes.length === 0) return;
    await append(bytes);
    position += bytes.length;
  }
}

function rangeOf({ fromOffset, toOffset, leaderEpoch }: Loss & { readonly leaderEpoch: number }): {
  from: number;
  to: number;
  leaderEpoch: number;
} {
  return { from: fromOffset, to: toOffset, leaderEpoch };
}

/** A file of its own for offsets that no file has. */
async function writeGap(
  fileSystem: FileSystem,
  directory: string,
  loss: Loss & { readonly leaderEpoch: number },
): Promise<void> {
  if (loss.fromOffset >= loss.toOffset) return;
  const path = `${directory}/${offsetFileName(loss.fromOffset, 'log')}`;
  await writeWhole(fileSystem, path + temporarySuffix, async (append) => {
    for (const gap of gapBatches(rangeOf(loss))) await append(gap);
  });
  await fileSystem.rename(path + temporarySuffix, path);
}

/** Makes a file, and syncs it. */
async function writeWhole(
  fileSystem: FileSystem,
  path: string,
  write: (append: (bytes: Buffer) => Promise<void>) => Promise<void>,
): Promise<void> {
  const file = await fileSystem.open(path, 'create');
  try {
    let position = 0;
    await write(async (bytes) => {
      await file.write([fileSystem.copiesWrites ? bytes : Buffer.from(bytes)], position);
      position += bytes.length;
    });
    await file.truncate(position);
    await file.datasync();
  } finally {
    await file.close();
  }
}

import { batchLastOffset, batchRecordsCount, crc32c } from '@q/protocol';
import { systemCode } from '../errors.ts';
import { walkSegment } from '../inspect/segment-walk.ts';
import { filesOf } from './backup-folder.ts';
import type { BackupFolder, NamedFile } from './backup-folder.ts';
import { pieceName } from './backup-names.ts';
import { JoinedFile } from './joined-file.ts';
import type { ManifestPartition, ManifestSegment } from './manifest.ts';

const blockBytes = 256 << 10;

/** What was found of one partition of a backup. */
export interface VerifiedPartition {
  readonly records: number;
  readonly bytes: number;
  /** None: everything is as it was. Each names a file or an offset. */
  readonly problems: readonly string[];
}

/**
 * Reads every byte that belongs to a partition: the checksum of each file, then each batch (its CRC, and that offsets
 * follow each other), and that they reach from the named start to the named end.
 */
export async function verifyPartition(
  folder: BackupFolder,
  partition: ManifestPartition,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<VerifiedPartition> {
  const problems: string[] = [];
  const files = filesOf(partition);
  for (const file of files) {
    const problem = await checksumProblem(folder, file, onBytes);
    if (problem !== null) problems.push(problem);
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (problems.length > 0) return { records: 0, bytes, problems };
  let records = 0;
  for (const [index, segment] of partition.segments.entries()) {
    const walked = await walkJoined(folder, partition, segment);
    records += walked.records;
    problems.push(...walked.problems);
    const next = partition.segments[index + 1]?.baseOffset ?? partition.readableOffset;
    if (partition.cleaner === null && walked.endOffset !== next)
      problems.push(`offsets ${walked.endOffset} to ${next - 1} are missing`);
  }
  problems.push(...startProblems(partition));
  return { records, bytes, problems };
}

/** The records from the start on are there, and what is said to be empty is. */
function startProblems({ segments, startOffset, readableOffset, cleaner }: ManifestPartition): string[] {
  const first = segments[0]?.baseOffset ?? readableOffset;
  const isMissing = startOffset < readableOffset && first > startOffset && cleaner === null;
  return isMissing ? [`offsets ${startOffset} to ${first - 1} are missing`] : [];
}

async function checksumProblem(
  folder: BackupFolder,
  { name, bytes, crc }: NamedFile,
  onBytes: (bytes: number) => void,
): Promise<string | null> {
  const file = await folder.fileSystem.open(folder.at(name), 'read').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return `${name} is missing`;
  try {
    const size = await file.size();
    if (size !== bytes) return `${name} has ${size} bytes instead of ${bytes}`;
    let found = 0;
    for (let position = 0; position < bytes;) {
      const block = await file.read(position, Math.min(4 * blockBytes, bytes - position));
      if (block.length === 0) return `${name} ends at byte ${position}`;
      found = crc32c(block, found);
      position += block.length;
      onBytes(block.length);
    }
    return found === crc ? null : `${name} is damaged: its checksum does not match`;
  } finally {
    await file.close();
  }
}

async function walkJoined(
  folder: BackupFolder,
  { topicId, partition, cleaner }: ManifestPartition,
  { baseOffset, bytes, pieces }: ManifestSegment,
): Promise<{ records: number; endOffset: number; problems: string[] }> {
  const parts = pieces.map((piece) => ({
    ...piece,
    path: folder.at(pieceName({ topicId, partition, baseOffset, ...piece })),
  }));
  const file = await JoinedFile.open(folder.fileSystem, parts);
  const found = { records: 0, endOffset: baseOffset, problems: [] as string[] };
  try {
    const walk = walkSegment({ file, sizeBytes: bytes, baseOffset, isContiguous: cleaner === null, blockBytes });
    for await (const finding of walk) {
      if (finding.kind === 'batch') {
        found.records += batchRecordsCount(finding.batch);
        found.endOffset = batchLastOffset(finding.batch) + 1;
      } else
        found.problems.push(
          `segment ${baseOffset}, byte ${finding.position}, from offset ${finding.fromOffset}: ${finding.reason}`,
        );
    }
  } finally {
    await file.close();
  }
  return found;
}

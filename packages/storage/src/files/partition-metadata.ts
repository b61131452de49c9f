import { newerFormatError, systemCode } from '../errors.ts';
import type { FileSystem } from '../ports/file-system.ts';
import { readFileIfThere } from './durable-file.ts';
import { partitionMetadataName } from './file-names.ts';

/*
 * File `partition.metadata`, text; frozen:
 *
 *   version: 0
 *   topic_id: <lower-case 8-4-4-4-12 UUID>
 */
export function encodePartitionMetadata(topicId: string): Buffer {
  return Buffer.from(`version: 0\ntopic_id: ${topicId}\n`);
}

const version = 0;

/** The topic id, or null when the text is none of ours. Throws UNSUPPORTED_FORMAT for a later version. */
export function decodePartitionMetadata(bytes: Buffer): string | null {
  const found = Number(/^version: (\d{1,9})\n/.exec(bytes.toString('utf8'))?.[1] ?? version);
  if (found > version) throw newerFormatError({ file: partitionMetadataName, found, known: version });
  return /^version: 0\ntopic_id: (\S+)\n$/.exec(bytes.toString('utf8'))?.[1] ?? null;
}

/**
 * Null where the folder says nothing, is absent, or is no folder. Throws UNSUPPORTED_FORMAT for what a later release
 * has written.
 */
export async function readTopicId(fileSystem: FileSystem, directory: string): Promise<string | null> {
  try {
    const bytes = await readFileIfThere(fileSystem, `${directory}/${partitionMetadataName}`);
    return bytes && decodePartitionMetadata(bytes);
  } catch (error) {
    if (['ENOTDIR', 'ELOOP'].includes(systemCode(error))) return null;
    throw error;
  }
}

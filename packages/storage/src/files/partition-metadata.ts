import { systemCode } from '../errors.ts';
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

/** The topic id, or null when the text is none of ours. */
export function decodePartitionMetadata(bytes: Buffer): string | null {
  return /^version: 0\ntopic_id: (\S+)\n$/.exec(bytes.toString('utf8'))?.[1] ?? null;
}

/** Null where the folder says nothing, is absent, or is no folder. */
export async function readTopicId(fileSystem: FileSystem, directory: string): Promise<string | null> {
  try {
    const bytes = await readFileIfThere(fileSystem, `${directory}/${partitionMetadataName}`);
    return bytes && decodePartitionMetadata(bytes);
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

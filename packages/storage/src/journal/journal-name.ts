import { parsePartitionDirectory, partitionDirectoryName } from '../files/file-names.ts';
import type { LogId } from '../ports/log-store.ts';

/*
 * How an item of the journal names its log: the partition's folder (length i16, ASCII), then the topic id (36 bytes,
 * ASCII).
 */
const topicIdBytes = 36;
const lengthBytes = 2;

/** The same for all items of a log, so it is made once. */
export interface JournalName extends LogId {
  /** As an item has it. */
  readonly key: Buffer;
}

export function journalName({ topic, partition, topicId }: LogId): JournalName {
  const folder = partitionDirectoryName({ topic, partition });
  const key = Buffer.alloc(lengthBytes + folder.length + topicIdBytes);
  key.writeInt16BE(folder.length, 0);
  key.write(folder, lengthBytes, 'latin1');
  key.write(topicId, lengthBytes + folder.length, topicIdBytes, 'latin1');
  return { topic, partition, topicId, key };
}

/** The name at `at`, or null where there is none. */
export function readJournalName(bytes: Buffer, at: number): JournalName | null {
  if (at + lengthBytes > bytes.length) return null;
  const folderAt = at + lengthBytes;
  const idAt = folderAt + bytes.readInt16BE(at);
  const end = idAt + topicIdBytes;
  if (idAt < folderAt || end > bytes.length) return null;
  const folder = parsePartitionDirectory(bytes.toString('latin1', folderAt, idAt));
  return folder && { ...folder, topicId: bytes.toString('latin1', idAt, end), key: bytes.subarray(at, end) };
}

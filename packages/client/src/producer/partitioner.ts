import { keyHash, partitionForKey } from '@q/protocol';
import { checkArgument, integer } from '../option-check.ts';
import type { OptionCheck } from '../option-check.ts';

/** What a partitioner decides on. */
export interface PartitionChoice {
  /** The topic that the record is for. */
  readonly topic: string;
  /** Null: the record has no key. A view that is only valid during the call. */
  readonly key: Uint8Array | null;
  /** Null: it has none. A record that is sent again is known again only in the partition where it was. */
  readonly messageId: string | null;
  /** How many the topic has. The answer is below it. */
  readonly partitions: number;
}

/** Chooses a partition, 0 to `partitions - 1`, for a record that does not name one. Must be fast and must not throw. */
export type Partitioner = (choice: PartitionChoice) => number;

/**
 * The 32-bit murmur2 hash (signed) that the default partitioners of the Kafka ecosystem use for keys, so that a key
 * lands in the same partition whichever client sends it.
 *
 * @throws QError `INVALID_REQUEST`.
 */
export function murmur2(bytes: Uint8Array): number {
  checkArgument('bytes', bytes, bytesCheck);
  return keyHash(bytes);
}

const bytesCheck: OptionCheck = (value) => (value instanceof Uint8Array ? null : 'bytes');
const keyCheck: OptionCheck = (value) =>
  typeof value === 'string' || value instanceof Uint8Array ? null : 'bytes or a text';

/** The partition of a key: the hash without its sign bit, modulo the partitions. @throws QError `INVALID_REQUEST`. */
export function partitionOfKey(key: Uint8Array | string, partitions: number): number {
  checkArgument('key', key, keyCheck);
  checkArgument('partitions', partitions, integer({ min: 1 }));
  return partitionForKey(key, partitions);
}

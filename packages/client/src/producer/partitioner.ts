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

const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;
const shift = 24;

/**
 * The 32-bit murmur2 hash (signed) that the default partitioners of the Kafka ecosystem use for keys, so that a key
 * lands in the same partition whichever client sends it.
 *
 * @throws QError `INVALID_REQUEST`.
 */
export function murmur2(bytes: Uint8Array): number {
  checkArgument('bytes', bytes, bytesCheck);
  return hashOf(bytes);
}

const bytesCheck: OptionCheck = (value) => (value instanceof Uint8Array ? null : 'bytes');
const keyCheck: OptionCheck = (value) =>
  typeof value === 'string' || value instanceof Uint8Array ? null : 'bytes or a text';

function hashOf(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = seed ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    // Little-endian, by single bytes: faster on short keys than a call of readInt32LE.
    const word =
      (bytes[at] as number)
      | ((bytes[at + 1] as number) << 8)
      | ((bytes[at + 2] as number) << 16)
      | ((bytes[at + 3] as number) << 24);
    hash = mixWord(hash, word);
  }
  return finish(hash, {
    left: length - at,
    first: bytes[at] ?? 0,
    second: bytes[at + 1] ?? 0,
    third: bytes[at + 2] ?? 0,
  });
}

/** As `murmur2`, of the UTF-8 bytes of a text of ASCII characters, without making the bytes. Null if it has others. */
function murmur2Ascii(text: string): number | null {
  const { length } = text;
  let hash = seed ^ length;
  let seen = 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    const a = text.charCodeAt(at);
    const b = text.charCodeAt(at + 1);
    const c = text.charCodeAt(at + 2);
    const d = text.charCodeAt(at + 3);
    seen |= a | b | c | d;
    hash = mixWord(hash, a | (b << 8) | (c << 16) | (d << 24));
  }
  const left = length - at;
  const first = left > 0 ? text.charCodeAt(at) : 0;
  const second = left > 1 ? text.charCodeAt(at + 1) : 0;
  const third = left > 2 ? text.charCodeAt(at + 2) : 0;
  seen |= first | second | third;
  return seen < 0x80 ? finish(hash, { left, first, second, third }) : null;
}

function mixWord(hash: number, word: number): number {
  let mixed = Math.imul(word, multiplier);
  mixed ^= mixed >>> shift;
  return Math.imul(hash, multiplier) ^ Math.imul(mixed, multiplier);
}

function finish(hash: number, tail: { left: number; first: number; second: number; third: number }): number {
  let mixed = hash;
  if (tail.left > 2) mixed ^= tail.third << 16;
  if (tail.left > 1) mixed ^= tail.second << 8;
  if (tail.left > 0) mixed = Math.imul(mixed ^ tail.first, multiplier);
  mixed = Math.imul(mixed ^ (mixed >>> 13), multiplier);
  return mixed ^ (mixed >>> 15);
}

/** The partition of a key: the hash without its sign bit, modulo the partitions. @throws QError `INVALID_REQUEST`. */
export function partitionOfKey(key: Uint8Array | string, partitions: number): number {
  checkArgument('key', key, keyCheck);
  checkArgument('partitions', partitions, integer({ min: 1 }));
  return partitionFor(key, partitions);
}

/** As `partitionOfKey`, of what was checked: for each record with a key. */
export function partitionFor(key: Uint8Array | string, partitions: number): number {
  const hash = typeof key === 'string' ? (murmur2Ascii(key) ?? hashOf(Buffer.from(key))) : hashOf(key);
  return (hash & 0x7fff_ffff) % partitions;
}

/**
 * Where a key goes: the hash that the default partitioners of the Kafka ecosystem use, so that a key lands in the same
 * partition whoever sends it.
 */
const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;
const shift = 24;

/** The 32-bit murmur2 hash of a key, signed. */
export function keyHash(bytes: Uint8Array): number {
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

/** As `keyHash`, of the UTF-8 bytes of a text of ASCII characters, without making the bytes. Null if it has others. */
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

/** The partition of a key: the hash without its sign bit, modulo the partitions. Texts are hashed as UTF-8. */
export function partitionForKey(key: Uint8Array | string, partitions: number): number {
  const hash = typeof key === 'string' ? (murmur2Ascii(key) ?? keyHash(Buffer.from(key))) : keyHash(key);
  return (hash & 0x7fff_ffff) % partitions;
}

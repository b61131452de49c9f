import type { SeededRandom } from './seeded-random.ts';

const interestingBytes: readonly number[] = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff];
const interestingIntegers: readonly number[] = [
  0,
  1,
  -1,
  2 ** 31 - 1,
  -(2 ** 31),
  0x7fff,
  0x8000,
  0xffff,
  0x10000,
  1 << 24,
];
const stackedMax = 4;
const randomBytesMax = 300;
const grownBytesMax = 1 << 16;

type Mutation = (bytes: Buffer, random: SeededRandom, others: readonly Buffer[]) => Buffer;

/**
 * Makes wrong inputs for a decoder out of right ones: bits flipped, ends cut, pieces of two joined, repeated or taken
 * out, lengths and counts replaced by values at the edges; and now and then bytes of pure chance.
 *
 * The same random stream and the same corpus give the same inputs. An input is a buffer of its own, at most 64 KiB
 * longer than the longest of the corpus.
 */
export class Mutator {
  readonly #corpus: readonly Buffer[];

  constructor(corpus: readonly Buffer[]) {
    if (corpus.length === 0) throw new RangeError('a mutator needs something to begin with');
    this.#corpus = corpus;
  }

  next(random: SeededRandom): Buffer {
    if (random.chance(0.05)) return random.bytes(random.below(randomBytesMax));
    let bytes: Buffer = Buffer.from(random.pick(this.#corpus));
    for (let left = random.between(1, stackedMax); left > 0; left -= 1)
      bytes = random.pick(mutations)(bytes, random, this.#corpus);
    return bytes;
  }
}

/** Each may change the bytes it is given in place. */
const mutations: readonly Mutation[] = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  setInteger,
  setInteger,
  setVarint,
  truncate,
  remove,
  repeat,
  splice,
  append,
];

function flipBit(bytes: Buffer, random: SeededRandom): Buffer {
  if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  return bytes;
}

function setByte(bytes: Buffer, random: SeededRandom): Buffer {
  if (bytes.length > 0) bytes[random.below(bytes.length)] = random.pick(interestingBytes);
  return bytes;
}

/** A length, a count or an offset at the edge of what its field holds, big-endian or little-endian. */
function setInteger(bytes: Buffer, random: SeededRandom): Buffer {
  if (bytes.length < 4) return bytes;
  const [at, value] = [random.below(bytes.length - 3), random.pick(interestingIntegers) | 0];
  if (random.chance(0.8)) bytes.writeInt32BE(value, at);
  else bytes.writeInt32LE(value, at);
  return bytes;
}

/** A varint of up to ten bytes that goes on and on, or says the most it can. */
function setVarint(bytes: Buffer, random: SeededRandom): Buffer {
  const length = Math.min(bytes.length, random.between(1, 10));
  const at = random.below(bytes.length - length + 1);
  for (let index = 0; index < length; index += 1) bytes[at + index] = 0xff;
  if (length > 0 && random.chance(0.7)) bytes[at + length - 1] = random.below(0x80);
  return bytes;
}

function truncate(bytes: Buffer, random: SeededRandom): Buffer {
  return bytes.subarray(0, random.below(bytes.length + 1));
}

function remove(bytes: Buffer, random: SeededRandom): Buffer {
  const [from, to] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
}

function repeat(bytes: Buffer, random: SeededRandom): Buffer {
  const [from, to] = range(bytes, random);
  const times = Math.min(random.between(1, 20), Math.floor(grownBytesMax / stackedMax / Math.max(1, to - from)));
  return Buffer.concat([
    bytes.subarray(0, to),
    ...Array.from({ length: times }, () => bytes.subarray(from, to)),
    bytes.subarray(to),
  ]);
}

/** The beginning of one and the end of another. */
function splice(bytes: Buffer, random: SeededRandom, others: readonly Buffer[]): Buffer {
  const other = random.pick(others);
  return Buffer.concat([
    bytes.subarray(0, random.below(bytes.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ]);
}

function append(bytes: Buffer, random: SeededRandom): Buffer {
  const tail = random.chance(0.5)
    ? random.bytes(random.below(randomBytesMax))
    : Buffer.alloc(random.below(randomBytesMax));
  return Buffer.concat([bytes, tail]);
}

function range(bytes: Buffer, random: SeededRandom): [from: number, to: number] {
  const [a, b] = [random.below(bytes.length + 1), random.below(bytes.length + 1)];
  return a < b ? [a, b] : [b, a];
}

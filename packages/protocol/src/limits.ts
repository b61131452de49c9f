import { strict as assert } from 'node:assert';

/**
 * Bounds of the protocol. A broker may choose lower ones for itself (it says so in its HELLO answer); no
 * implementation accepts more than the `…Max` values given here without having been configured to.
 */
export interface ProtocolLimits {
  /** Smallest payload of a frame: an answer without a body. */
  readonly frameBytesMin: number;
  /** Largest frame before HELLO has been answered, without its length field. */
  readonly helloFrameBytesMax: number;
  /** Default for the largest frame after HELLO, without its length field. */
  readonly frameBytesMax: number;
  /** Largest string in a message, in UTF-8 bytes. */
  readonly stringBytesMax: number;
  /** Most array elements in one message, all its arrays together: a small frame must not become a huge object. */
  readonly arrayElementsMax: number;
  /** Longest message text of an error answer, in characters; longer ones are cut. */
  readonly errorMessageCharactersMax: number;
  /** Most details that an error answer carries; more are dropped. */
  readonly errorDetailsMax: number;
  /** `bytes` fields of at least this length are sent by reference, shorter ones are copied beside the small fields. */
  readonly bytesByReferenceMin: number;
  /** Longest topic name, in characters. */
  readonly topicNameCharactersMax: number;
  /** Default for the largest record batch as sent, in bytes (a topic's `max.message.bytes`). */
  readonly batchBytesMax: number;
  /** Largest records section of a batch after decompression, in bytes. */
  readonly uncompressedBytesMax: number;
  /** Most records in one batch. */
  readonly recordsPerBatchMax: number;
  /** Most zstd frames in the records section of one batch: writers make one, and each costs the time to begin it. */
  readonly zstdFramesMax: number;
  /** Records and headers that a check in slices walks before it gives way: less than half a millisecond. */
  readonly recordsPerSliceMax: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** The limits of the protocol. Sizes are in bytes. */
export const protocolLimits: ProtocolLimits = {
  frameBytesMin: 6,
  helloFrameBytesMax: 64 * KiB,
  frameBytesMax: 16 * MiB,
  stringBytesMax: 32 * KiB - 1,
  arrayElementsMax: 1_000_000,
  errorMessageCharactersMax: 4 * KiB,
  errorDetailsMax: 32,
  bytesByReferenceMin: KiB,
  topicNameCharactersMax: 249,
  batchBytesMax: MiB,
  uncompressedBytesMax: 64 * MiB,
  recordsPerBatchMax: 1_000_000,
  zstdFramesMax: 1_024,
  recordsPerSliceMax: 8_192,
};

assert(protocolLimits.frameBytesMin <= protocolLimits.helloFrameBytesMax);
assert(protocolLimits.helloFrameBytesMax <= protocolLimits.frameBytesMax);
// An error text of any characters must fit in a string (UTF-8 takes at most three bytes for each UTF-16 unit).
assert(protocolLimits.errorMessageCharactersMax * 3 <= protocolLimits.stringBytesMax);
// A batch of the largest default size must fit in a frame together with the fields around it.
assert(protocolLimits.batchBytesMax + 64 * KiB <= protocolLimits.frameBytesMax);
assert(protocolLimits.batchBytesMax <= protocolLimits.uncompressedBytesMax);

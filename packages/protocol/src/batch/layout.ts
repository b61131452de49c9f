/**
 * The record batch, byte by byte. Everything is big-endian.
 *
 * ```text
 *   0        8        12       16    17     21       23        27          35         43
 *   +--------+--------+--------+-----+------+--------+---------+-----------+----------+
 *   |baseOff |length  |leader  |magic|crc32c|attribs |lastOff- |base-      |max-      |
 *   |set i64 |i32     |epoch   | = 2 | u32  |i16     |setDelta |Timestamp  |Timestamp |
 *   |        |        |i32     | i8  |      |        |i32      |i64        |i64       |
 *   +--------+--------+--------+-----+------+--------+---------+-----------+----------+
 *   43         51       53       57       61
 *   +----------+--------+--------+--------+---------------------------------------
 *   |producer- |epoch   |base-   |records-| records, compressed as one piece when
 *   |Id i64    |i16     |Sequence|Count   | attributes name a codec
 *   |          |        |i32     |i32     |
 *   +----------+--------+--------+--------+---------------------------------------
 *
 *   attributes:  bit 0-2 codec | 3 log append time | 4 transactional | 5 control | 6 delete horizon | 7-15 zero
 * ```
 *
 * `length` counts what follows it: total size - 12. The CRC-32C covers byte 21 to the end, so `baseOffset` and the
 * leader epoch can be assigned in place without touching it. The numbers are a public format and frozen.
 */
export const batchHeaderBytes = 61;

/** Bytes of `baseOffset` and `length`: what must be read before the size of a batch is known. */
export const batchPrefixBytes = 12;

export const baseOffsetAt = 0;
export const lengthAt = 8;
export const leaderEpochAt = 12;
export const magicAt = 16;
export const crcAt = 17;
/** Where the checksummed part begins; the attributes are its first field. */
export const attributesAt = 21;
export const lastOffsetDeltaAt = 23;
export const baseTimestampAt = 27;
export const maxTimestampAt = 35;
export const producerIdAt = 43;
export const producerEpochAt = 51;
export const baseSequenceAt = 53;
export const recordsCountAt = 57;

export const magicByte = 2;

export const codecMask = 0x07;
export const logAppendTimeFlag = 0x08;
export const transactionalFlag = 0x10;
export const controlFlag = 0x20;
export const deleteHorizonFlag = 0x40;
/** Bits with no meaning yet: a batch that sets one was made by something newer than we can judge. */
export const unknownAttributesMask = 0xff80;

/** A producer id, epoch or sequence that is not there. */
export const noProducer = -1;
/** The timestamp of a record that has none. */
export const noTimestamp = -1;

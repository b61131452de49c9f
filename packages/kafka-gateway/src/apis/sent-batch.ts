/**
 * What Kafka looks at in the records of a partition before it looks into them, and how it refuses them.
 *
 *   0 baseOffset int64 │ 8 length int32 │ 12 … │ 16 magic int8 │ 17 crc │ 21 attributes int16 │ …
 */
import { batchAttributes, batchHeaderBytes, batchMagic, batchSize } from '@q/protocol';
import { KafkaError } from '../errors/kafka-errors.ts';

/** Behind it a length is known. */
const lengthEnd = 12;
/** Of the oldest format, without its offset and length. */
const recordBytesMin = 14;
const magicEnd = 17;
const magicNow = 2;
const codecMask = 7;
const zstdCode = 4;
const zstdSince = 7;

/** Why records cannot be one batch that a client may send, or null. What is in the batch is looked at elsewhere. */
export function faultOfBatch(records: Buffer | undefined, version: number): KafkaError | null {
  if (records === undefined || records.length < lengthEnd) return notOneBatch(version);
  const sizeBytes = batchSize(records);
  if (sizeBytes < lengthEnd + recordBytesMin) return corrupt(`its length field says ${sizeBytes} bytes`);
  if (records.length < magicEnd) return notOneBatch(version);
  const magic = batchMagic(records);
  if (magic < 0 || magic > magicNow) return corrupt(`there is no record format ${magic}`);
  if (magic !== magicNow) return invalid(`record format ${magic} is not taken any more, only ${magicNow}`);
  if (sizeBytes !== records.length) return notOneBatch(version);
  if (sizeBytes < batchHeaderBytes) return corrupt(`${sizeBytes} bytes are fewer than a header has`);
  return faultOfHeader(records, version);
}

function faultOfHeader(batch: Buffer, version: number): KafkaError | null {
  if (batch.readInt32BE(0) !== 0 || batch.readInt32BE(4) !== 0) return invalid('the base offset of a new batch is 0');
  if (version < zstdSince && (batchAttributes(batch) & codecMask) === zstdCode) {
    return new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `zstd is taken from version ${zstdSince} of Produce on`);
  }
  return null;
}

function notOneBatch(version: number): KafkaError {
  return invalid(`a partition gets exactly one whole batch in version ${version} of Produce`);
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_RECORD', message);
}

function corrupt(message: string): KafkaError {
  return new KafkaError('CORRUPT_MESSAGE', message);
}

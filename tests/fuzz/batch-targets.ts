import {
  batchHeaderBytes,
  checkBatch,
  codecNames,
  crc32c,
  decompress,
  iterateBatches,
  iterateRecords,
  messageIdOf,
  peekMessageIds,
  QError,
  readEndMarker,
  rebuildBatch,
  recompressBatch,
  validateBatch,
  validateBatchInSlices,
} from '@q/protocol';
import { compressedSections, recordBatches } from './corpus.ts';
import { Contradiction } from './target.ts';
import type { FuzzTarget } from './target.ts';

const uncompressedBytesMax = 256 << 10;
const batchBytesMax = 1 << 20;
const limits = { uncompressedBytesMax, recordBytesMax: 1 << 20, batchBytesMax };
/** A decompressed section, and what a codec needs on the way there. */
const allocatedBytesMax = 4 * uncompressedBytesMax;

/**
 * Record batches, as they come and with their envelope put right so that what lies behind it is reached; and the
 * codecs.
 */
export function batchTargets(): FuzzTarget[] {
  const corpus = recordBatches;
  return [
    { name: 'batch as it comes', corpus, allocatedBytesMax, decode: decodeBatch },
    { name: 'batch with a right CRC', corpus, allocatedBytesMax, decode: (input) => decodeBatch(sealed(input)) },
    { name: 'batch of the log', corpus, allocatedBytesMax, decode: (input) => decodeLogBatch(sealed(input)) },
    { name: 'batches in a row', corpus: [Buffer.concat(corpus), ...corpus], allocatedBytesMax, decode: decodeRow },
    { name: 'batch checked in slices', corpus, allocatedBytesMax, decode: (input) => decodeInSlices(sealed(input)) },
    ...codecNames.map((codec) => ({
      name: `decompress ${codec}`,
      corpus: compressedSections(codec),
      allocatedBytesMax,
      decode: (input: Buffer): void => {
        const output = decompress(codec, input, uncompressedBytesMax);
        if (output.length > uncompressedBytesMax && codec !== 'none')
          throw new Contradiction(`${output.length} bytes pass the limit of ${uncompressedBytesMax}`);
      },
    })),
  ];
}

/** As the broker takes one from a producer, then as everybody reads it. */
function decodeBatch(input: Buffer): void {
  const { recordsCount } = validateBatch(input, limits);
  if (checkBatch(input, 0, input.length) !== 'ok')
    throw new Contradiction('validateBatch accepts what checkBatch does not');
  if (readRecords(input) !== recordsCount)
    throw new Contradiction('a valid batch does not have the records that it counts');
}

/** What is large is checked by other code, in part, which must come to the same end. */
async function decodeInSlices(input: Buffer): Promise<void> {
  const atOnce = await endOf(() => validateBatch(input, limits));
  const inSlices = await endOf(() => validateBatchInSlices(input, { ...limits, pause: async () => undefined }));
  if (atOnce !== inSlices) throw new Contradiction(`at once: ${atOnce}; in slices: ${inSlices}`);
}

async function endOf(check: () => unknown): Promise<string> {
  try {
    await check();
    return 'valid';
  } catch (error) {
    if (!QError.is(error)) throw error;
    // Data may be too long and damaged, of which one or the other is seen first.
    return error.code === 'BATCH_TOO_LARGE' ? 'CORRUPT_BATCH' : error.code;
  }
}

/** As compaction and consumers read what is stored. */
function decodeLogBatch(input: Buffer): void {
  if (input.length < batchHeaderBytes) return;
  const { recordsCount } = validateBatch(input, {
    ...limits,
    origin: 'log',
    allowControl: true,
    allowTransactional: true,
  });
  if (readRecords(input) !== recordsCount)
    throw new Contradiction('a valid batch does not have the records that it counts');
  const halved = rebuildBatch(input, ({ offset }) => offset % 2 === 0, { uncompressedBytesMax });
  if (halved !== null && checkBatch(halved, 0, halved.length) !== 'ok')
    throw new Contradiction('a rebuilt batch is damaged');
  const plain = recompressBatch(input, 'none', { uncompressedBytesMax });
  if (readRecords(plain) !== recordsCount) throw new Contradiction('a recompressed batch has other records');
}

/** What a consumer makes of the bytes of a FETCH answer that nobody has validated. */
function decodeRow(input: Buffer): void {
  for (const batch of iterateBatches(input)) readRecords(batch);
}

function readRecords(batch: Buffer): number {
  let count = 0;
  for (const record of iterateRecords(batch, { uncompressedBytesMax })) {
    void [
      record.offset,
      record.timestampMs,
      record.keyText(),
      record.valueText(),
      record.headers.length,
      messageIdOf(record),
      readEndMarker(record),
    ];
    count += 1;
  }
  peekMessageIds(batch, { uncompressedBytesMax });
  return count;
}

/** The same bytes with a length, a magic and a CRC that fit. */
function sealed(input: Buffer): Buffer {
  if (input.length < batchHeaderBytes) return input;
  input.writeInt32BE(input.length - 12, 8);
  input[16] = 2;
  input.writeUInt32BE(crc32c(input.subarray(21)), 17);
  return input;
}

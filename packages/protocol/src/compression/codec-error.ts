import { QError } from '../errors.ts';

/** The output of a codec would pass the limit: refused before it is produced. */
export function outputTooLarge(codec: string, bytesMax: number): QError {
  return new QError('BATCH_TOO_LARGE', `${codec} data decompresses to more than ${bytesMax} bytes`, {
    details: { codec, bytesMax },
  });
}

/** The bytes are not what the codec's format allows. */
export function corruptData(codec: string, reason: string, cause?: unknown): QError {
  return new QError('CORRUPT_BATCH', `${codec} data is damaged: ${reason}`, { cause, details: { codec } });
}

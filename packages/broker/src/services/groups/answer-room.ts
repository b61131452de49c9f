import { QError } from '@q/protocol';
import { frameOverheadBytes } from '../../limits.ts';
import type { BrokerLimits } from '../../limits.ts';

/** Counts what an answer about a large group takes, so that none is made that could not be sent. */
export class AnswerRoom {
  #bytes: number;

  constructor({ frameBytesMax }: Pick<BrokerLimits, 'frameBytesMax'>) {
    this.#bytes = frameBytesMax - frameOverheadBytes;
  }

  /** @throws QError INVALID_REQUEST when there is no room for so many bytes more */
  take(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0)
      throw new QError('INVALID_REQUEST', 'the answer would not fit in a frame; ask for less at once');
  }

  /** For fields of fixed length and these texts. */
  takeTexts(...texts: readonly (string | null)[]): void {
    let bytes = fixedBytes;
    for (const text of texts) bytes += 4 + Buffer.byteLength(text ?? '');
    this.take(bytes);
  }
}

/** More than the fixed fields of a partition or a member take. */
const fixedBytes = 96;

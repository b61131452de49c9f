import { formatBytes, formatCount } from './units.ts';

/** Often enough to look alive, seldom enough to cost nothing. */
const intervalMs = 250;

/** How far something is. */
export interface Total {
  readonly records: number;
  readonly bytes: number;
  /** Records that it will be in the end, where that is known. */
  readonly of?: number;
}

/** One line on the terminal that is written over as work goes on. Off where standard error is not a terminal. */
export class Progress {
  readonly #write: ((text: string) => void) | null;
  readonly #label: string;
  readonly #counted: 'records' | 'bytes';
  readonly #startMs: number = performance.now();
  #shownMs: number = this.#startMs;
  #shown = false;

  /**
   * @param write to the terminal; `null` shows nothing
   * @param label what is being done, where it is not the only thing
   * @param counted bytes alone, where nobody counts records
   */
  constructor(write: ((text: string) => void) | null, label = '', counted: 'records' | 'bytes' = 'records') {
    this.#counted = counted;
    this.#write = write;
    this.#label = label === '' ? '' : `${label}: `;
  }

  update({ records, bytes, of }: Total): void {
    if (this.#write === null) return;
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < intervalMs) return;
    this.#shownMs = nowMs;
    this.#shown = true;
    const seconds = (nowMs - this.#startMs) / 1000;
    if (this.#counted === 'bytes')
      return this.#write(
        `\r\u001B[K${this.#label}${formatBytes(bytes)}, ${formatBytes(Math.round(bytes / seconds))}/s`,
      );
    const perSecond = Math.round(records / seconds);
    const done = of === undefined ? formatCount(records) : `${formatCount(records)} of ${formatCount(of)}`;
    this.#write(`\r\u001B[K${this.#label}${done} records, ${formatBytes(bytes)}, ${formatCount(perSecond)} records/s`);
  }

  /** Takes the line away, before anything else is written to the terminal. */
  clear(): void {
    if (this.#shown) this.#write?.('\r\u001B[K');
    this.#shown = false;
  }
}

import { formatBytes, formatCount } from './units.ts';

/** Often enough to look alive, seldom enough to cost nothing. */
const intervalMs = 250;

/** One line on the terminal that is written over as work goes on. Off where standard error is not a terminal. */
export class Progress {
  readonly #write: ((text: string) => void) | null;
  readonly #startMs: number = performance.now();
  #shownMs: number = this.#startMs;
  #shown = false;

  /** @param write to the terminal; `null` shows nothing */
  constructor(write: ((text: string) => void) | null) {
    this.#write = write;
  }

  update(total: { records: number; bytes: number }): void {
    if (this.#write === null) return;
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < intervalMs) return;
    this.#shownMs = nowMs;
    this.#shown = true;
    const perSecond = (total.records / (nowMs - this.#startMs)) * 1000;
    this.#write(
      `\r\u001B[K${formatCount(total.records)} records, ${formatBytes(total.bytes)}, ${formatCount(Math.round(perSecond))} records/s`,
    );
  }

  /** Takes the line away, before anything else is written to the terminal. */
  clear(): void {
    if (this.#shown) this.#write?.('\r\u001B[K');
    this.#shown = false;
  }
}

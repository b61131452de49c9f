import { crc32c } from '@q/protocol';

/**
 * What happened in a run, one line an event, with the time. Its digest covers every line, so two runs with one digest
 * took the same way; the newest lines are kept for people to read.
 */
export class Trace {
  readonly #monotonic: () => number;
  readonly #linesMax: number;
  #lines: string[] = [];
  #digest = 0;
  #count = 0;

  constructor(o: { monotonic: () => number; linesMax?: number }) {
    this.#monotonic = o.monotonic;
    this.#linesMax = o.linesMax ?? 20_000;
  }

  add(text: string): void {
    const line = `${this.#monotonic().toFixed(3).padStart(11)} ${text}`;
    this.#digest = crc32c(Buffer.from(`${this.#digest} ${line}`));
    this.#count += 1;
    this.#lines.push(line);
    // Cut now and then, so that a line costs the same however many there were.
    if (this.#lines.length > 2 * this.#linesMax) this.#lines = this.#lines.slice(-this.#linesMax);
  }

  get digest(): string {
    return `${this.#count}-${this.#digest.toString(16)}`;
  }

  /** The newest lines, oldest first. */
  tail(lines: number = this.#linesMax): string {
    return this.#lines.slice(-lines).join('\n');
  }
}

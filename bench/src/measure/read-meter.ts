/** The share of the records that is read before the clock starts: connections open, code gets compiled. */
const warmUpShare = 0.2;

/** Times the reading of a known number of records, without their first fifth. */
export class ReadMeter {
  readonly #total: number;
  readonly #onMeasuring: () => void;
  #records = 0;
  #recordsBefore = 0;
  #startMs = 0;
  #endMs = 0;

  constructor(total: number, onMeasuring: () => void) {
    this.#total = total;
    this.#onMeasuring = onMeasuring;
  }

  add(records: number): void {
    this.#records += records;
    if (this.#startMs === 0 && this.#records >= this.#total * warmUpShare) {
      this.#recordsBefore = this.#records;
      this.#startMs = performance.now();
      this.#onMeasuring();
    }
    if (this.isDone) this.#endMs = performance.now();
  }

  get records(): number {
    return this.#records;
  }

  get isDone(): boolean {
    return this.#records >= this.#total;
  }

  result(): { records: number; elapsedMs: number } {
    return { records: this.#records - this.#recordsBefore, elapsedMs: this.#endMs - this.#startMs };
  }
}

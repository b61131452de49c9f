import { Worker } from 'node:worker_threads';

export interface WatchdogData {
  /** A count of what was seen, and the seed of the run; -1: none. */
  readonly beats: Int32Array<SharedArrayBuffer>;
  readonly secondsMax: number;
  readonly command: string;
}

/**
 * Ends the process, with the seed on stderr, when one run takes too long. A run may be caught where it gives no turn to
 * anybody else, so nothing in its own thread can end it.
 */
export class Watchdog implements Disposable {
  readonly #beats = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  readonly #thread: Worker;

  /** `command`: shows a run again with its seed after it. */
  constructor({ command, secondsMax = 120 }: { readonly command: string; readonly secondsMax?: number }) {
    this.#beats[1] = -1;
    const workerData: WatchdogData = { beats: this.#beats, secondsMax, command };
    this.#thread = new Worker(new URL('watchdog-thread.ts', import.meta.url), { workerData, execArgv: [] });
    this.#thread.unref();
  }

  begins(seed: number): void {
    Atomics.store(this.#beats, 1, seed);
    this.#beat();
  }

  #beat(): void {
    Atomics.add(this.#beats, 0, 1);
    Atomics.notify(this.#beats, 0);
  }

  [Symbol.dispose](): void {
    Atomics.store(this.#beats, 1, -1);
    this.#beat();
    void this.#thread.terminate();
  }
}

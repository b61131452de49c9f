import { inParallel } from '../concurrency/in-parallel.ts';
import { isOutOfFiles } from '../errors.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { FlushedLog } from './flushed-log.ts';

export interface IntervalSyncsOptions {
  readonly clock: Pick<Clock, 'schedule'>;
  readonly flushesInParallelMax: number;
  readonly syncIntervalMs: number;
  /** A sync has failed: nothing may be acknowledged any more. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Syncs what logs of policy `interval` have written, beside the rounds: one run at a time, and a slow one is followed
 * by the next as soon as it is done.
 */
export class IntervalSyncs {
  readonly #options: IntervalSyncsOptions;
  readonly #unsynced = new Set<FlushedLog>();
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #isStopped = false;

  constructor(options: IntervalSyncsOptions) {
    this.#options = options;
  }

  /** The log has written what is to be synced with the next run. */
  add(log: FlushedLog): void {
    this.#unsynced.add(log);
  }

  forget(log: FlushedLog): void {
    this.#unsynced.delete(log);
  }

  schedule(): void {
    if (this.#unsynced.size === 0 || this.#timer || this.#isStopped) return;
    this.#timer = this.#options.clock.schedule(this.#options.syncIntervalMs, () => {
      this.#timer = null;
      this.#running = (this.#running ?? Promise.resolve()).then(() => this.#run());
      void this.#running.then(() => this.schedule());
    });
  }

  /** No run begins any more by itself. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** A last run, behind the one that is under way. */
  async finish(): Promise<void> {
    await this.#running;
    await this.#run();
  }

  async #run(): Promise<void> {
    const logs = [...this.#unsynced];
    this.#unsynced.clear();
    try {
      await inParallel(logs, this.#options.flushesInParallelMax, (log) => this.#syncIfPossible(log));
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  async #syncIfPossible(log: FlushedLog): Promise<void> {
    try {
      await log.syncWritten();
    } catch (error) {
      if (!isOutOfFiles(error)) throw error;
      this.#unsynced.add(log);
    }
  }
}

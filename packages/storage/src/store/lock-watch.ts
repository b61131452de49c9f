import { StorageError } from '../errors.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { DirectoryLock } from '../ports/file-system.ts';

export interface LockWatchOptions {
  readonly lock: DirectoryLock;
  readonly directory: string;
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Called once. */
  readonly onLost: (error: StorageError) => void;
}

/**
 * Makes sure, again and again, that a store still has its folder. A lock of POSIX goes when any part of the process
 * closes a descriptor of its file: who copies the data folder from inside the process does that. Another broker that
 * starts between that and the next look has the folder; this one has to stop at once.
 */
export class LockWatch {
  readonly #options: LockWatchOptions;
  #timer: Timer | null = null;
  #lost: StorageError | null = null;

  constructor(options: LockWatchOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** The folder belongs to another process. */
  get lost(): StorageError | null {
    return this.#lost;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #schedule(): void {
    const { lock, clock, intervalMs } = this.#options;
    if (!lock.renew) return;
    this.#timer = clock.schedule(intervalMs, () => this.#look());
    // A store that nobody closes is no reason to stay.
    this.#timer.letEnd?.();
  }

  #look(): void {
    const { lock, directory, onLost } = this.#options;
    this.#timer = null;
    if (lock.renew?.() !== false) return this.#schedule();
    const message = `the lock of data folder ${directory} is lost, and another process has it: its lock file was opened or removed while it was in use`;
    this.#lost = new StorageError('STORAGE_LOCKED', message, { details: { directory } });
    onLost(this.#lost);
  }
}

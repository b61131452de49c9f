import { isOutOfRoom } from '../errors.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { StorageLog } from '../ports/storage-log.ts';
import { inParallel } from './in-parallel.ts';

/** A log whose segments are still to get what the journal has made durable. */
export interface OwingLog {
  /** Writes what it owes. Throws as the file system does where there is no room; any other failure has ended everything already. */
  writeOwed(): Promise<void>;
}

export interface LateWritesOptions {
  readonly clock: Clock;
  readonly log: StorageLog;
  /** Nothing is owed for longer, but by a disk that is slow or full. */
  readonly delayMs: number;
  /** Everything is written at once when so much is owed. */
  readonly bytesMax: number;
  readonly parallelMax: number;
}

/*
 * Writes to segments that nobody waits for: what the journal holds is durable, and what is appended one by one to many logs becomes
 * few writes this way.
 *
 * Invariants
 * - `#logs` holds every log that owes something and is not being written to; `#owedBytes` counts what all of them owe.
 * - One run at a time. A log that had no room is tried again with the next one.
 * - What is owed lies in the journal, whose files are emptied only after it was written: so there is never more than fits there.
 */
export class LateWrites {
  readonly #options: LateWritesOptions;
  readonly #logs = new Set<OwingLog>();
  #owedBytes = 0;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #isClosed = false;
  #isShort = false;

  constructor(options: LateWritesOptions) {
    this.#options = options;
  }

  owe(log: OwingLog, bytes: number): void {
    this.#logs.add(log);
    this.#owedBytes += bytes;
    if (this.#owedBytes >= this.#options.bytesMax && !this.#isShort) this.#start();
    else this.#schedule();
  }

  /** Bytes that are owed no more, written or not. */
  settled(bytes: number): void {
    this.#owedBytes -= bytes;
  }

  /** The log is closed, or gone. */
  forget(log: OwingLog): void {
    this.#logs.delete(log);
  }

  /** Ends when no write is under way; logs write what they owe when they are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = null;
    await this.#running;
  }

  #schedule(): void {
    if (this.#timer || this.#running || this.#isClosed) return;
    this.#timer = this.#options.clock.schedule(this.#options.delayMs, () => this.#start());
  }

  #start(): void {
    if (this.#running || this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const logs = [...this.#logs];
    this.#logs.clear();
    const failures: unknown[] = [];
    await inParallel(logs, this.#options.parallelMax, async (log) => {
      try {
        await log.writeOwed();
      } catch (error) {
        failures.push(error);
        this.#logs.add(log);
      }
    });
    this.#running = null;
    if (failures.some((error) => !isOutOfRoom(error))) this.#isClosed = true;
    this.#setShort(failures[0] ?? null);
    if (this.#logs.size > 0) this.#schedule();
  }

  #setShort(error: unknown): void {
    const isShort = error !== null;
    if (isShort && !this.#isShort && !this.#isClosed) {
      this.#options.log.warn({ error }, 'the disk has no room for acknowledged records; the journal keeps them until it has');
    }
    this.#isShort = isShort;
  }
}

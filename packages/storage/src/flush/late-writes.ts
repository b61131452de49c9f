import { isOutOfRoom } from '../errors.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { StorageLog } from '../ports/storage-log.ts';
import { inParallel } from '../concurrency/in-parallel.ts';

/** A log whose segments are still to get what the journal has made durable. */
export interface OwingLog {
  /**
   * For LateWrites alone: it is on the list of those that owe something. A set would be looked into for each append.
   */
  isListed: boolean;
  /**
   * Writes what it owes. Throws as the file system does where there is no room; any other failure has ended everything
   * already.
   */
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
 * Writes to segments that nobody waits for: what the journal holds is durable, and what is appended one by one to many
 * logs becomes few writes this way.
 *
 * Invariants
 * - `#logs` holds every log that owes something and is not being written to, and `isListed` says so; `#owedBytes`
 *   counts what all of them owe. One that is let go of stays in the array, not listed, until the next run.
 * - One run at a time. A log that had no room is tried again with the next one.
 * - What is owed lies in the journal, whose files are emptied only after it was written: so there is never more than
 *   fits there.
 */
export class LateWrites {
  readonly #options: LateWritesOptions;
  #logs: OwingLog[] = [];
  #owedBytes = 0;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #isClosed = false;
  #isShort = false;

  constructor(options: LateWritesOptions) {
    this.#options = options;
  }

  /** Of all logs. */
  get owedBytes(): number {
    return this.#owedBytes;
  }

  owe(log: OwingLog, bytes: number): void {
    this.#list(log);
    this.#owedBytes += bytes;
    if (this.#owedBytes >= this.#options.bytesMax && !this.#isShort) this.#start();
    else this.#schedule();
  }

  #list(log: OwingLog): void {
    if (log.isListed) return;
    log.isListed = true;
    this.#logs.push(log);
  }

  /** Bytes that are owed no more, written or not. */
  owedNoMore(bytes: number): void {
    this.#owedBytes -= bytes;
  }

  /** The log is closed, or gone. */
  forget(log: OwingLog): void {
    log.isListed = false;
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
    const logs = this.#takeListed();
    const failures: unknown[] = [];
    await inParallel(logs, this.#options.parallelMax, async (log) => {
      try {
        await log.writeOwed();
      } catch (error) {
        failures.push(error);
        this.#list(log);
      }
    });
    this.#running = null;
    if (failures.some((error) => !isOutOfRoom(error))) this.#isClosed = true;
    this.#setShort(failures[0] ?? null);
    if (this.#logs.length > 0) this.#schedule();
  }

  #takeListed(): OwingLog[] {
    const listed: OwingLog[] = [];
    for (const log of this.#logs) {
      if (!log.isListed) continue;
      log.isListed = false;
      listed.push(log);
    }
    this.#logs = [];
    return listed;
  }

  #setShort(error: unknown): void {
    const isShort = error !== null;
    if (isShort && !this.#isShort && !this.#isClosed) {
      this.#options.log.warn(
        { event: 'journal.no_room', err: error },
        'the disk has no room for acknowledged records; the journal keeps them until it has',
      );
    }
    this.#isShort = isShort;
  }
}

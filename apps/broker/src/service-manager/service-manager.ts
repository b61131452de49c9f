/**
 * What a service manager is told (sd_notify): that the broker serves, what it does, that it loads its settings, that it
 * stops, and that it is alive.
 *
 * Invariants:
 *  1. One message is on its way at a time, in order. Of what waits, a newer word of the same kind takes the place of
 *     the older, so at most a handful wait.
 *  2. The watchdog hears nothing while the broker makes no progress: the timer runs on the event loop, and `stuckFor`
 *     tells of the disk.
 *  3. Whoever cannot be reached is told of once in the log, and the broker goes on.
 */
import type { BrokerLogger } from '@q/broker';

/** Sends one datagram: lines of `NAME=value`. */
export type SendNotification = (lines: readonly string[]) => Promise<void>;

export interface ServiceManagerOptions {
  readonly send: SendNotification;
  readonly logger: Pick<BrokerLogger, 'warn'>;
  /** By the monotonic clock of the system, in microseconds. */
  readonly monotonicMicros: () => bigint;
}

export interface WatchdogOptions {
  /** After so long without a word the manager acts. */
  readonly timeoutMs: number;
  /** For how long the broker has made no progress, in ms; 0 when it has. */
  readonly stuckForMs: () => number;
  /** Calls `run` again and again, until the result is called. */
  readonly every: (intervalMs: number, run: () => void) => () => void;
}

/** Longer ones are cut by who shows them. */
const statusCharactersMax = 200;

type Kind = 'state' | 'status' | 'watchdog';

export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #waiting = new Map<Kind, readonly string[]>();
  #sending: Promise<void> | null = null;
  #hasFailed = false;
  #stopWatchdog: () => void = () => undefined;
  #isSilent = false;
  #isStopping = false;

  constructor(options: ServiceManagerOptions) {
    this.#options = options;
  }

  ready(status: string): void {
    this.#tell('state', ['READY=1', statusLine(status)]);
  }

  status(status: string): void {
    this.#tell('status', [statusLine(status)]);
  }

  /** The start takes a while, and may take so much longer. */
  extend(micros: number): void {
    this.#tell('state', [`EXTEND_TIMEOUT_USEC=${micros}`]);
  }

  /** `ready` says that it is over. The time is what `Type=notify-reload` wants. */
  reloading(): void {
    this.#tell('state', ['RELOADING=1', `MONOTONIC_USEC=${this.#options.monotonicMicros()}`]);
  }

  /** Resolves when it has been said: the process may end then. */
  async stopping(status: string): Promise<void> {
    this.#stopWatchdog();
    this.#waiting.clear();
    this.#isStopping = true;
    this.#tell('state', ['STOPPING=1', statusLine(status)]);
    await this.#sending;
  }

  watch({ timeoutMs, stuckForMs, every }: WatchdogOptions): void {
    this.#stopWatchdog = every(Math.max(1, Math.floor(timeoutMs / 2)), () => {
      const stuckMs = stuckForMs();
      if (stuckMs >= timeoutMs / 2) return this.#warnStuck(stuckMs);
      this.#isSilent = false;
      this.#tell('watchdog', ['WATCHDOG=1']);
    });
  }

  #warnStuck(stuckMs: number): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#options.logger.warn(
      { event: 'process.watchdog_silent', stuckMs: Math.round(stuckMs) },
      'the disk does not finish a write, so the service manager is not told that the broker is alive, and may restart it',
    );
  }

  #tell(kind: Kind, lines: readonly string[]): void {
    // Nothing comes after that.
    if (this.#isStopping && lines[0] !== 'STOPPING=1') return;
    this.#waiting.set(kind, lines);
    this.#sending ??= this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    for (const [kind, lines] of this.#waiting) {
      this.#waiting.delete(kind);
      try {
        await this.#options.send(lines);
      } catch (error) {
        this.#warn(error);
      }
    }
    this.#sending = null;
  }

  #warn(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.logger.warn(
      { event: 'process.manager_unreachable', err: error },
      'the service manager could not be told',
    );
  }
}

function statusLine(status: string): string {
  return `STATUS=${status.replaceAll(/\s+/g, ' ').slice(0, statusCharactersMax)}`;
}

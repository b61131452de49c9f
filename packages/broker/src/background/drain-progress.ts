/**
 * Tells how far a stop is, once a second, until it is over: somebody waits for it, and does not know for what.
 */
import type { Clock, Scheduled } from '../clock.ts';
import type { BrokerLogger } from '../logger.ts';

export interface DrainProgressOptions {
  readonly clock: Clock;
  readonly logger: BrokerLogger;
  readonly timeoutMs: number;
  /** What is still under way. */
  readonly count: () => { readonly requests: number; readonly connections: number };
  /** Whom groups have told that they should look elsewhere. */
  readonly told: { readonly groups: number; readonly members: number };
}

/** Often enough for a person, and for a stop that is given ten seconds. */
const intervalMs = 1_000;

export class DrainProgress {
  readonly #options: DrainProgressOptions;
  readonly #endMs: number;
  #timer: Scheduled | null = null;

  constructor(options: DrainProgressOptions) {
    this.#options = options;
    this.#endMs = options.clock.monotonic() + options.timeoutMs;
  }

  state(): { readonly requests: number; readonly connections: number; readonly leftMs: number } {
    return { ...this.#options.count(), leftMs: Math.max(0, this.#endMs - this.#options.clock.monotonic()) };
  }

  start(): void {
    const { logger, told } = this.#options;
    logger.info(
      { event: 'broker.draining', ...this.#fields(), ...told },
      'the broker stops: it takes no more requests, and answers those under way',
    );
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #schedule(): void {
    this.#timer = this.#options.clock.schedule(intervalMs, () => {
      this.#options.logger.info({ event: 'broker.draining', ...this.#fields() }, 'the broker still stops');
      this.#schedule();
    });
  }

  #fields(): { readonly requestsInFlight: number; readonly connections: number; readonly secondsLeft: number } {
    const { requests, connections, leftMs } = this.state();
    return { requestsInFlight: requests, connections, secondsLeft: Math.ceil(leftMs / 1000) };
  }
}

import type { Clock } from '../clock.ts';
import type { BrokerLogger } from '../logger.ts';

/** Of the limit: below it the budget counts as well again. Above it a busy broker would say so over and over. */
const wellShare = 0.5;

/**
 * Says once when the bytes of requests pass what may wait, and once when they are well below it again.
 *
 * Invariant: while `isOver` is false, fewer bytes than the limit are held.
 */
export class BudgetWatch {
  isOver = false;
  /** Requests that were refused since it is over. */
  refused = 0;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #logger: BrokerLogger;
  readonly #limitBytes: () => number;
  readonly #connections: () => number;
  #sinceMs = 0;

  constructor(options: {
    clock: Pick<Clock, 'monotonic'>;
    logger: BrokerLogger;
    /** Looked at each time: it may move while the broker runs. */
    limitBytes: () => number;
    connections: () => number;
  }) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#limitBytes = options.limitBytes;
    this.#connections = options.connections;
  }

  /** After each change of what is held. */
  look(heldBytes: number): void {
    if (this.isOver) {
      if (heldBytes < this.#limitBytes() * wellShare) this.#end(heldBytes);
    } else if (heldBytes > this.#limitBytes()) this.#begin(heldBytes);
  }

  #begin(heldBytes: number): void {
    this.isOver = true;
    this.refused = 0;
    this.#sinceMs = this.#clock.monotonic();
    this.#logger.warn(
      { event: 'memory.over_budget', heldBytes, limitBytes: this.#limitBytes(), connections: this.#connections() },
      'more bytes of requests wait than may: clients are slowed down',
    );
  }

  #end(heldBytes: number): void {
    this.isOver = false;
    const forMs = Math.round(this.#clock.monotonic() - this.#sinceMs);
    this.#logger.info(
      { event: 'memory.within_budget', heldBytes, limitBytes: this.#limitBytes(), refused: this.refused, forMs },
      'fewer bytes wait than may: nobody is slowed down any more',
    );
  }
}

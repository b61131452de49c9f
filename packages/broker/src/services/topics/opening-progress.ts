import type { Clock } from '../../clock.ts';
import type { BrokerLogger } from '../../logger.ts';

/** A start that takes no longer says nothing. */
const tellMs = 5_000;

/** Says now and then how many partitions a start has opened, so that a long one does not look like one that hangs. */
export class OpeningProgress {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #logger: BrokerLogger;
  readonly #total: number;
  #done = 0;
  #toldMs: number;

  constructor(options: { clock: Pick<Clock, 'monotonic'>; logger: BrokerLogger; total: number }) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#total = options.total;
    this.#toldMs = options.clock.monotonic();
  }

  /** One more partition was opened, or could not be. */
  opened(): void {
    this.#done += 1;
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#toldMs < tellMs) return;
    this.#toldMs = nowMs;
    const [done, left] = [this.#done, this.#total - this.#done];
    this.#logger.info({ event: 'broker.opening', done, left }, 'partitions are being opened');
  }
}

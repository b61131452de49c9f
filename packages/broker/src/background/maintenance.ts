/**
 * The background work of a broker: retention, compaction, removal of old files and checkpoints, and what has failed
 * before, round after round.
 *
 * Invariants:
 *  1. Rounds do not overlap: the pause begins when a round has ended.
 *  2. A round that fails is reported, and the next one comes all the same.
 *  3. After `stop` has resolved no round is under way and none will begin.
 */
import type { LogStore } from '@q/storage';
import type { Clock, Scheduled } from '../clock.ts';
import type { BrokerLogger } from '../logger.ts';

export class Maintenance {
  readonly #store: Pick<LogStore, 'maintain'>;
  readonly #tryAgain: () => Promise<void>;
  readonly #lookAtDescriptors: () => void;
  readonly #clock: Clock;
  readonly #logger: BrokerLogger;
  readonly #intervalMs: number;
  #timer: Scheduled | null = null;
  #round: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: {
    store: Pick<LogStore, 'maintain'>;
    /** Tries again what could not be opened or deleted. */
    tryAgain: () => Promise<void>;
    /** First in each round: the rest opens files. */
    lookAtDescriptors?: () => void;
    clock: Clock;
    logger: BrokerLogger;
    intervalMs: number;
  }) {
    this.#store = options.store;
    this.#tryAgain = options.tryAgain;
    this.#lookAtDescriptors = options.lookAtDescriptors ?? (() => undefined);
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#intervalMs = options.intervalMs;
  }

  start(): void {
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#round;
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = this.#clock.schedule(this.#intervalMs, () => {
      this.#round = this.#run();
    });
  }

  async #run(): Promise<void> {
    try {
      this.#lookAtDescriptors();
      const report = await this.#store.maintain();
      if (report.segmentsDeleted + report.logsCompacted + report.logsFailed > 0) {
        this.#logger.info({ event: 'maintenance.done', ...report }, 'old records were cleaned up');
      }
    } catch (error) {
      this.#logger.error({ event: 'maintenance.failed', err: error }, 'cleaning up old records failed');
    }
    try {
      await this.#tryAgain();
    } catch (error) {
      this.#logger.error({ event: 'maintenance.retry_failed', err: error }, 'what had failed could not be tried again');
    }
    this.#schedule();
  }
}

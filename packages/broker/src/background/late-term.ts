/**
 * A broker that was started on a full disk and could not note its term: it serves reads and makes room, and takes
 * records once the term is noted, which is tried again and again.
 *
 * Invariant: until then the store refuses appends. What is refused is refused with STORAGE_FULL, which clients try
 * again.
 */
import type { DiskRoom } from '@q/storage';
import type { Clock, Scheduled } from '../clock.ts';
import type { BrokerLogger } from '../logger.ts';
import { isStorageFull } from '../storage-full.ts';

export interface LateTermOptions {
  readonly term: { readonly isNoted: boolean; note(): Promise<void> };
  readonly disk: Pick<DiskRoom, 'refuseAppends'>;
  readonly clock: Clock;
  readonly logger: BrokerLogger;
  /** Between two tries. */
  readonly pauseMs: number;
}

export class LateTerm {
  readonly #options: LateTermOptions;
  #timer: Scheduled | null = null;
  #attempt: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: LateTermOptions) {
    this.#options = options;
  }

  /** Before anything may be appended. Does nothing where the term is noted. */
  start(): void {
    const { term, disk, logger } = this.#options;
    if (term.isNoted) return;
    disk.refuseAppends(
      'the disk is full, so that the broker could not note its start; it takes records once there is some room',
    );
    logger.error(
      { event: 'broker.start_not_noted' },
      'the disk is full: the broker could not note its start; it serves reads and deletions, and refuses records until there is room',
    );
    this.#schedule();
  }

  /** Nothing is under way when it has resolved, and nothing will be. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#attempt;
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = this.#options.clock.schedule(this.#options.pauseMs, () => {
      this.#attempt = this.#run();
    });
  }

  async #run(): Promise<void> {
    const { term, disk, logger } = this.#options;
    try {
      await term.note();
      disk.refuseAppends(null);
      logger.info(
        { event: 'broker.start_noted' },
        'there is room again: the broker has noted its start, and takes records',
      );
    } catch (error) {
      if (!isStorageFull(error))
        logger.error({ event: 'broker.start_not_noted', err: error }, 'the broker could not note its start');
      this.#schedule();
    }
  }
}

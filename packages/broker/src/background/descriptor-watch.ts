/**
 * The limit on descriptors while the broker runs. An operator, or a service manager, may lower it below what is open,
 * and the system says so to nobody who accepts connections: without a look, new clients would wait in vain for as long
 * as the broker keeps files at hand.
 *
 * Invariant: the storage engine keeps no more files than the last limit that was seen leaves it, and never more than at
 * the start.
 */
import type { LocalStore } from '@q/storage';
import { filesWithin } from '../descriptor-budget.ts';
import type { OpenFileLimits } from '../descriptor-budget.ts';
import type { BrokerLimits } from '../limits.ts';
import type { BrokerLogger } from '../logger.ts';

export interface DescriptorWatchOptions {
  readonly store: Pick<LocalStore, 'limitOpenFiles' | 'closeIdleFiles'>;
  readonly limits: BrokerLimits;
  readonly storageLimits: Partial<OpenFileLimits>;
  readonly logger: BrokerLogger;
  /** What the process may have at its start. */
  readonly atStart: number;
  /** What it may have now; null where that is not known. */
  readonly look: () => number | 'none left' | null;
}

export class DescriptorWatch {
  readonly #options: DescriptorWatchOptions;
  #seen: number;

  constructor(options: DescriptorWatchOptions) {
    this.#options = options;
    this.#seen = options.atStart;
  }

  run(): void {
    const found = this.#look();
    if (typeof found !== 'number' || found === this.#seen) return;
    this.#seen = found;
    const { store, limits, storageLimits, logger, atStart } = this.#options;
    const files = filesWithin(Math.min(found, atStart), { limits, storageLimits });
    store.limitOpenFiles(files);
    logger.warn(
      { event: 'broker.files_limit_changed', descriptorsMax: found, ...files },
      'the process may have another number of files open now; the broker keeps as many as fit',
    );
  }

  /** Closing takes a moment: where nothing was left, the next round knows more. */
  #look(): number | 'none left' | null {
    const found = this.#options.look();
    if (found === 'none left') this.#options.store.closeIdleFiles();
    return found;
  }
}

import { protocolLimits } from '@q/protocol';
import type { TopicSettings } from '../topics/topic-config.ts';
import type { BatchWishes } from './batch-checks.ts';

/** What each topic wants of a batch, for callers whose batches are checked alike. */
export class TopicWishes {
  readonly #isLenient: boolean;
  /** Settings are made anew when they change, so each set has its wishes. */
  readonly #bySettings = new WeakMap<TopicSettings, BatchWishes>();
  /** Those asked for last, most often those that are asked for next. */
  #latestSettings: TopicSettings | null = null;
  #latest: BatchWishes | null = null;

  /** `isLenient`: see `AppendRequest`. */
  constructor({ isLenient }: { readonly isLenient: boolean }) {
    this.#isLenient = isLenient;
  }

  of(settings: TopicSettings): BatchWishes {
    if (settings === this.#latestSettings && this.#latest !== null) return this.#latest;
    let wishes = this.#bySettings.get(settings);
    if (wishes === undefined) this.#bySettings.set(settings, (wishes = this.#make(settings)));
    this.#latestSettings = settings;
    this.#latest = wishes;
    return wishes;
  }

  #make({ compression, log }: TopicSettings): BatchWishes {
    const { uncompressedBytesMax } = protocolLimits;
    return {
      validate: {
        uncompressedBytesMax,
        recordBytesMax: this.#isLenient ? uncompressedBytesMax : log.maxMessageBytes,
        allowTransactional: true,
        requireKeys: log.cleanupPolicy.compact,
        correctsMaxTimestamp: this.#isLenient,
      },
      recompressTo: compression === 'producer' ? null : compression,
      wantsMessageIds: log.dedupWindowMs > 0,
    };
  }
}

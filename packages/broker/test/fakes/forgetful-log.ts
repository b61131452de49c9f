import { StorageError } from '@q/storage';
import type { Append, AppendOptions } from '@q/storage';
import type { SeededRandom } from '@q/testkit';
import { appendOf, FakeLog } from './fake-log.ts';

interface Waiting {
  readonly batch: Buffer;
  readonly options: AppendOptions;
  readonly durable: PromiseWithResolvers<void>;
}

/** Ends appends when it is told to, and then loses some, as a full disk does: those are not in the log. */
export class ForgetfulLog extends FakeLog {
  readonly #random: SeededRandom;
  #waiting: Waiting[] = [];
  lost = 0;

  constructor(random: SeededRandom) {
    super();
    this.#random = random;
  }

  override append(batch: Buffer, options: AppendOptions): Append {
    const durable = Promise.withResolvers<void>();
    this.#waiting.push({ batch, options, durable });
    const at = this.logEndOffset;
    return appendOf({ baseOffset: at, lastOffset: at, durable: durable.promise });
  }

  end(): void {
    for (const { batch, options, durable } of this.#waiting.splice(0)) {
      if (this.#random.chance(0.3)) {
        this.lost += 1;
        durable.reject(new StorageError('STORAGE_FULL', 'the disk is full'));
      } else {
        super.append(batch, options);
        durable.resolve();
      }
    }
  }
}

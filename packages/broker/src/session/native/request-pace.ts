/**
 * Slows down clients whose requests take more of the event loop than their quota has (row A3): their answers are held,
 * and a client has only so many requests without one. Who owes very much in spite of that is not listened to.
 *
 * What counts is the time in which nobody else is served: from a frame to the first wait of its handler, and encoding
 * the answer.
 */
import { throttleMsMax } from '@q/security';
import type { Throttle } from '../../services/quotas/throttle.ts';
import type { NativeCaller } from './handler.ts';

const kind = 'requestPercentage';
/** An answer is held no longer than that, in ms: whoever waits for it has other things to ask. */
const holdMsMax = 1_000;

export class RequestPace {
  readonly #throttle: Pick<Throttle, 'isOn' | 'use' | 'owed' | 'hold'>;

  constructor(throttle: Pick<Throttle, 'isOn' | 'use' | 'owed' | 'hold'>) {
    this.#throttle = throttle;
  }

  get isOn(): boolean {
    return this.#throttle.isOn;
  }

  /** A request has taken so much of the event loop. */
  worked(caller: NativeCaller, ms: number): void {
    this.#throttle.use(caller, kind, ms);
  }

  /** Whether the answer is to be held now. */
  isBeyond(caller: NativeCaller): boolean {
    return this.#throttle.owed(caller, kind) > 0;
  }

  /** Holds the answer. Resolves with the time that it was held, in ms. */
  hold(caller: NativeCaller): Promise<number> {
    const owedMs = this.#throttle.owed(caller, kind);
    if (owedMs >= throttleMsMax) {
      const goOn = caller.budget.holdOrder();
      void this.#throttle.hold(caller, kind, holdMsMax).then(goOn);
    }
    return this.#throttle.hold(caller, kind, Math.min(owedMs, holdMsMax));
  }
}

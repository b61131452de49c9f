/**
 * How fast connections are let in (SEC-13): so many a second from all addresses together, and from one address as many
 * as its quota says. What comes faster waits for its turn. Where the wait would be longer than ten seconds, nobody is
 * let wait: so those who wait are bounded, too.
 */
import { RateMeter, throttleMsMax } from '@q/security';
import type { QuotaInForce } from '@q/security';
import type { Clock } from '../clock.ts';
import type { BrokerLimits } from '../limits.ts';

/** Which quota an address has; null: none. */
export type RateOfAddress = (address: string) => QuotaInForce | null;

/** Which of the rates is used up. */
export type RefusingRate = 'connectionsPerSecondMax' | 'connectionCreationRate';

export class AcceptPace {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #limits: Pick<BrokerLimits, 'connectionsPerSecondMax'>;
  readonly #meter = new RateMeter();
  readonly #total = new RateMeter();
  readonly #rateOf: RateOfAddress;

  constructor(o: {
    clock: Pick<Clock, 'monotonic'>;
    limits: Pick<BrokerLimits, 'connectionsPerSecondMax'>;
    rateOf: RateOfAddress;
  }) {
    this.#clock = o.clock;
    this.#limits = o.limits;
    this.#rateOf = o.rateOf;
  }

  /**
   * How long the next connection from an address has to wait, in ms: it is counted. Or why it may not even wait.
   */
  next(address: string): number | RefusingRate {
    const nowMs = this.#clock.monotonic();
    const total = { perSecond: this.#limits.connectionsPerSecondMax, sharedBy: '' };
    const own = this.#rateOf(address);
    if (this.#total.owed(total, nowMs) >= throttleMsMax) return 'connectionsPerSecondMax';
    if (own !== null && this.#meter.owed(own, nowMs) >= throttleMsMax) return 'connectionCreationRate';
    const ownMs = own === null ? 0 : this.#meter.use(own, 1, nowMs);
    return Math.max(ownMs, this.#total.use(total, 1, nowMs));
  }

  /** The quota of an address. */
  quotaOf(address: string): number {
    return this.#rateOf(address)?.perSecond ?? Infinity;
  }
}

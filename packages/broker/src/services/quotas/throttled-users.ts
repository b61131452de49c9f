/**
 * Who is slowed down, how often and for how long: at most so many users, as `FailingClients` keeps them. The log is
 * told of each at once, and then once a minute at most.
 */
import type { Clock } from '../../clock.ts';
import { statisticsLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import { quotaUserOf } from './quota-caller.ts';
import type { QuotaCaller, UseKind } from './quota-caller.ts';

/** One user that was slowed down. */
export interface ThrottledUser {
  readonly user: string;
  /** Of the request that was slowed down last. */
  readonly clientId: string;
  readonly address: string;
  /** Why it was slowed down last. */
  readonly kind: UseKind;
  /** Since it was noticed; an upper bound where it took the place of another. */
  readonly times: number;
  /** All waits that were asked for, one after another, in ms: of several connections they add up. */
  readonly throttledMs: number;
  /** For how long it has been slowed down again and again; 0: it is not any more. */
  readonly forMs: number;
  readonly sinceLastMs: number;
}

/** Of one kind, since the broker started. */
export interface ThrottleTotals {
  times: number;
  throttledMs: number;
}

interface Entry {
  user: string;
  clientId: string;
  address: string;
  kind: UseKind;
  times: number;
  throttledMs: number;
  sinceMs: number;
  /** When the last wait is over. */
  untilMs: number;
  lastAtMs: number;
  toldAtMs: number;
}

/** Whoever is not slowed down for so long is within its quota. */
const gapMs = 10_000;
const tellEachMs = 60_000;
const textMax = 128;

export class ThrottledUsers {
  readonly totals: Readonly<Record<UseKind, ThrottleTotals>> = {
    producerByteRate: { times: 0, throttledMs: 0 },
    consumerByteRate: { times: 0, throttledMs: 0 },
    requestPercentage: { times: 0, throttledMs: 0 },
  };
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #logger: BrokerLogger;
  readonly #entries = new Map<string, Entry>();

  constructor({ clock, logger }: { readonly clock: Pick<Clock, 'monotonic'>; readonly logger: BrokerLogger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  note(caller: QuotaCaller, kind: UseKind, ms: number): void {
    this.totals[kind].times += 1;
    this.totals[kind].throttledMs += ms;
    const nowMs = this.#clock.monotonic();
    const entry = this.#entryOf(quotaUserOf(caller.principal), nowMs);
    if (nowMs - entry.untilMs > gapMs) entry.sinceMs = nowMs;
    entry.clientId = caller.clientId.slice(0, textMax);
    entry.address = caller.address;
    entry.kind = kind;
    entry.times += 1;
    entry.throttledMs += ms;
    entry.lastAtMs = nowMs;
    entry.untilMs = Math.max(entry.untilMs, nowMs + ms);
    if (nowMs - entry.toldAtMs >= tellEachMs) this.#tell(entry, ms, nowMs);
  }

  /** Those that have waited longest first. */
  list(): ThrottledUser[] {
    const nowMs = this.#clock.monotonic();
    return [...this.#entries.values()]
      .sort((left, right) => right.throttledMs - left.throttledMs)
      .map(({ user, clientId, address, kind, times, throttledMs, sinceMs, untilMs, lastAtMs }) => ({
        user,
        clientId,
        address,
        kind,
        times,
        throttledMs: Math.round(throttledMs),
        forMs: nowMs - untilMs > gapMs ? 0 : Math.round(nowMs - sinceMs),
        sinceLastMs: Math.round(nowMs - lastAtMs),
      }));
  }

  #entryOf(name: string, nowMs: number): Entry {
    const user = name.slice(0, textMax);
    const known = this.#entries.get(user);
    if (known !== undefined) return known;
    const isFull = this.#entries.size >= statisticsLimits.throttledUsersMax;
    const { times, throttledMs } = isFull ? this.#takeFewest() : { times: 0, throttledMs: 0 };
    const entry: Entry = {
      user,
      clientId: '',
      address: '',
      kind: 'producerByteRate',
      times,
      throttledMs,
      sinceMs: nowMs,
      untilMs: nowMs,
      lastAtMs: nowMs,
      toldAtMs: -Infinity,
    };
    this.#entries.set(user, entry);
    return entry;
  }

  #takeFewest(): Entry {
    const [fewest] = [...this.#entries.values()].sort((left, right) => left.throttledMs - right.throttledMs);
    this.#entries.delete(fewest!.user);
    return fewest!;
  }

  #tell(entry: Entry, throttleMs: number, nowMs: number): void {
    entry.toldAtMs = nowMs;
    const { user, clientId, address, kind, times } = entry;
    this.#logger.info(
      { event: 'client.throttled', user, clientId, address, quota: kind, throttleMs: Math.round(throttleMs), times },
      'a user is beyond its quota, and slowed down',
    );
  }
}

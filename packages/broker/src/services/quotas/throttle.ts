/**
 * Slows down whoever uses more than their quota (row A3): says how long, and holds what is to be held.
 *
 * Nothing is refused, and what was used stays used. Who is beyond waits, until a bucket that runs empty at the rate of
 * the quota has room again (`RateMeter`).
 *
 * Invariants
 *  1. `isOn` is false while there is no quota of requests: hot paths look at nothing else then.
 *  2. A hold ends exactly once: by its time, by the end of its connection, when the quota is lifted or raised, or when
 *     the broker stops. It is never made longer than it was told.
 */
import { RateMeter } from '@q/security';
import type { QuotaInForce } from '@q/security';
import type { Clock, Scheduled } from '../../clock.ts';
import { quotaUserOf } from './quota-caller.ts';
import type { QuotaCaller, UseKind } from './quota-caller.ts';
import type { QuotaStore } from './quota-store.ts';
import type { ThrottledUsers } from './throttled-users.ts';

/** The quotas of one caller: that of its user and client id, and that of its address. */
type InForce = Readonly<Record<UseKind, readonly QuotaInForce[]>>;

interface Hold {
  readonly caller: QuotaCaller;
  readonly kind: UseKind;
  readonly begunAtMs: number;
  endsAtMs: number;
  timer: Scheduled;
  readonly end: () => void;
}

/** Callers whose quotas are remembered; when there is no room, all are forgotten. */
const callersMax = 20_000;

/** A core has so many milliseconds for each percent of a second. */
const msOfPercent = 10;

const useKinds = ['producerByteRate', 'consumerByteRate', 'requestPercentage'] as const;
const none: readonly QuotaInForce[] = [];

export class Throttle {
  isOn = false;
  readonly #store: Pick<QuotaStore, 'book' | 'onChange'>;
  readonly #clock: Clock;
  readonly #users: ThrottledUsers;
  readonly #meters: Readonly<Record<UseKind, RateMeter>> = {
    producerByteRate: new RateMeter(),
    consumerByteRate: new RateMeter(),
    requestPercentage: new RateMeter(),
  };
  readonly #known = new Map<string, InForce>();
  readonly #holds = new Set<Hold>();
  #isReleased = false;

  constructor(o: { store: Pick<QuotaStore, 'book' | 'onChange'>; clock: Clock; users: ThrottledUsers }) {
    this.#store = o.store;
    this.#clock = o.clock;
    this.#users = o.users;
    o.store.onChange(() => this.#changed());
    this.#changed();
  }

  /** Who waits now. */
  get held(): number {
    return this.#holds.size;
  }

  /** Notes a use, of bytes or of milliseconds of the event loop, and gives how long its caller is to wait, in ms. */
  use(caller: QuotaCaller, kind: UseKind, amount: number): number {
    if (!this.isOn) return 0;
    let waitMs = 0;
    for (const quota of this.#of(caller)[kind])
      waitMs = Math.max(waitMs, this.#meters[kind].use(quota, amount, this.#clock.monotonic()));
    return waitMs;
  }

  /** How long a caller is to wait before it uses more, in ms. */
  owed(caller: QuotaCaller, kind: UseKind): number {
    if (!this.isOn) return 0;
    let waitMs = 0;
    for (const quota of this.#of(caller)[kind])
      waitMs = Math.max(waitMs, this.#meters[kind].owed(quota, this.#clock.monotonic()));
    return waitMs;
  }

  /** The most that a caller may be given at once: what it has for a second. */
  atOnce(caller: QuotaCaller, kind: UseKind): number {
    if (!this.isOn) return Infinity;
    return this.#of(caller)[kind].reduce((least, { perSecond }) => Math.min(least, perSecond), Infinity);
  }

  /** How many connections an address may begin in a second; null: there is no quota. */
  rateOf(address: string): QuotaInForce | null {
    return this.#store.book.ofAddress(address, 'connectionCreationRate');
  }

  /** Resolves after the time, or earlier; with the time that it was, in ms. */
  hold(caller: QuotaCaller, kind: UseKind, ms: number): Promise<number> {
    if (ms <= 0 || this.#isReleased || caller.signal.aborted) return Promise.resolve(0);
    this.#users.note(caller, kind, ms);
    return new Promise((resolve) => {
      const begunAtMs = this.#clock.monotonic();
      const end = (): void => {
        if (!this.#holds.delete(hold)) return;
        hold.timer.cancel();
        forget();
        resolve(Math.round(this.#clock.monotonic() - begunAtMs));
      };
      const timer = this.#clock.schedule(ms, end);
      const hold: Hold = { caller, kind, begunAtMs, endsAtMs: begunAtMs + ms, timer, end };
      this.#holds.add(hold);
      const forget = caller.signal.onAbort(end);
    });
  }

  /** Nobody is held any more, now and from now on: the broker is stopping. */
  release(): void {
    this.#isReleased = true;
    this.isOn = false;
    for (const hold of this.#holds) hold.end();
  }

  #of(caller: QuotaCaller): InForce {
    const { principal, clientId, address } = caller;
    const key = `${principal.name}\n${address}\n${clientId}`;
    let inForce = this.#known.get(key);
    if (inForce === undefined) {
      if (this.#known.size >= callersMax) this.#known.clear();
      inForce = this.#find(caller);
      this.#known.set(key, inForce);
    }
    return inForce;
  }

  #find({ principal, clientId, address }: QuotaCaller): InForce {
    const who = { user: quotaUserOf(principal), clientId };
    const { book } = this.#store;
    const of = (kind: UseKind): readonly QuotaInForce[] => {
      const found = [book.ofClient(who, kind), book.ofAddress(address, kind)].filter((quota) => quota !== null);
      return found.length === 0 ? none : found;
    };
    const percents = of('requestPercentage');
    return {
      producerByteRate: of('producerByteRate'),
      consumerByteRate: of('consumerByteRate'),
      requestPercentage: percents.map((quota) => ({ ...quota, perSecond: quota.perSecond * msOfPercent })),
    };
  }

  /** What holds now holds for those who wait, too, unless they would wait for longer. */
  #changed(): void {
    const isOfRequests = this.#store.book.all.some(({ quotas }) => useKinds.some((kind) => quotas.has(kind)));
    this.isOn = isOfRequests && !this.#isReleased;
    this.#known.clear();
    const nowMs = this.#clock.monotonic();
    for (const hold of this.#holds) {
      const endsAtMs = nowMs + this.owed(hold.caller, hold.kind);
      if (endsAtMs >= hold.endsAtMs) continue;
      if (endsAtMs <= nowMs) hold.end();
      else this.#shorten(hold, endsAtMs);
    }
  }

  #shorten(hold: Hold, endsAtMs: number): void {
    hold.timer.cancel();
    hold.endsAtMs = endsAtMs;
    hold.timer = this.#clock.schedule(endsAtMs - this.#clock.monotonic(), hold.end);
  }
}

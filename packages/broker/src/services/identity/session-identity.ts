/**
 * Whose one connection is, as its protocol finds out: nobody's, a user's, a user's for a time.
 *
 * Invariants
 *  1. Once it was somebody's it is never anybody else's. It is nobody's when that user is removed.
 *  2. One exchange at a time. A message of another mechanism, or after an end, begins a new one.
 *  3. While it holds for a time, `#alarm` is set, and tells of the end of that time at that moment.
 */
import { QError } from '@q/protocol';
import { anonymous } from '../../caller.ts';
import type { Author, CallerSignal, Principal } from '../../caller.ts';
import type { Clock, Scheduled } from '../../clock.ts';
import type { Authentication, LoginExchange, LoginPlace, LoginStep, Mechanism } from './authentication.ts';
import type { LoginNews } from './login-news.ts';
import type { UserSeats } from './user-seats.ts';

export interface SessionIdentityOptions {
  /** Null: nobody is asked. */
  readonly authentication: Authentication | null;
  readonly place: LoginPlace;
  /** Whose it is from the start, by the certificate that its peer has shown. Default: nobody's. */
  readonly shown?: Principal | null;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'schedule'>;
  /** Takes a place for a connection of a user. */
  readonly seats: Pick<UserSeats, 'take'>;
  /** Until when the place is taken. */
  readonly signal: CallerSignal;
  /** Hears of every try. */
  readonly news: Pick<LoginNews, 'letIn' | 'refused'>;
  /** Hears that the time is over for which it was shown. `isShowing`: it is being shown again at that moment. */
  readonly loginEnded: (isShowing: boolean) => void;
}

/** What an exchange came to, for whoever tells the client. */
export type Login =
  | { readonly kind: 'more'; readonly message: Buffer }
  | { readonly kind: 'done'; readonly message: Buffer; readonly lifetimeMs: number }
  /** `isAnother`: the connection is somebody else's already. */
  | (LoginStep & { readonly kind: 'refused'; readonly isAnother?: true });

type Done = LoginStep & { readonly kind: 'done' };

/** Shorter lifetimes make some clients log in before each request, until they are refused. */
export const lifetimeMsMin = 15_000;
/** Timers of machines take no more than 24.8 days; a token may hold for longer. */
const alarmMsMax = 86_400_000;

/** Who is at the other end of one connection, from its first word to its last. */
export class SessionIdentity {
  readonly #options: SessionIdentityOptions;
  #principal: Principal = anonymous;
  #exchange: LoginExchange | null = null;
  #isShown = false;
  #endsAt = Infinity;
  #alarm: Scheduled | null = null;
  /** Messages that are being looked at. */
  #taking = 0;
  /** The exchange is refused, and was told; its mechanism has another message before the end. */
  #isRefusalTold = false;

  constructor(options: SessionIdentityOptions) {
    this.#options = options;
    options.signal.onAbort(() => this.#alarm?.cancel());
    const { authentication, shown = null } = options;
    if (authentication === null || shown === null) return;
    this.#principal = shown;
    this.#isShown = true;
    try {
      options.signal.onAbort(options.seats.take(shown.name));
    } catch {
      // As many as the user may have: it is nobody's, and refused with its first request.
      this.#isShown = false;
    }
  }

  get principal(): Principal {
    return this.#principal;
  }

  /** Ways in; none where nobody is asked. */
  get mechanisms(): readonly Mechanism[] {
    return this.#options.authentication === null ? [] : this.#options.place.mechanisms;
  }

  /** Requests are served: whose the connection is was shown, and holds, or nobody asks. */
  get isKnown(): boolean {
    const { authentication, clock } = this.#options;
    if (authentication === null) return true;
    return this.#isShown && !this.isGone && (this.#endsAt === Infinity || clock.monotonic() < this.#endsAt);
  }

  /** Whether it was ever shown: from then on the peer may send what users may, such as large frames. */
  get wasKnown(): boolean {
    return (this.#isShown && !this.isGone) || this.#options.authentication === null;
  }

  /** Its user was removed. */
  get isGone(): boolean {
    return this.#principal.isGone === true;
  }

  /** It holds for a time only: the peer shows it again. */
  get hasLifetime(): boolean {
    return this.#endsAt !== Infinity;
  }

  /**
   * Takes the next message; `by` is who sends it.
   * @throws QError UNSUPPORTED_MECHANISM, BROKER_BUSY, TOO_MANY_CONNECTIONS
   */
  async take(mechanism: string, message: Buffer, by: Author): Promise<Login> {
    const { authentication, news } = this.#options;
    if (authentication === null)
      throw new QError('UNSUPPORTED_MECHANISM', 'nobody has to show who they are on this connection');
    const tried = { mechanism, by };
    const login = await this.#taken(authentication, mechanism, message).catch((error: unknown) => {
      if (QError.is(error) && error.code === 'UNSUPPORTED_MECHANISM')
        news.refused(tried, { user: '', reason: 'this mechanism is not taken here' });
      if (QError.is(error) && (error.code === 'TOO_MANY_CONNECTIONS' || error.code === 'BROKER_BUSY'))
        news.refused(tried, { user: String(error.details['user'] ?? ''), reason: error.message });
      throw error;
    });
    if (login.kind === 'done') news.letIn(tried, { principal: this.#principal, lifetimeMs: login.lifetimeMs });
    if (login.kind === 'refused' && !this.#isRefusalTold) news.refused(tried, login);
    this.#isRefusalTold = login.kind === 'refused' && login.goesOn;
    return login;
  }

  async #taken(authentication: Authentication, mechanism: string, message: Buffer): Promise<Login> {
    this.#taking += 1;
    try {
      return await this.#step(authentication, mechanism, message);
    } finally {
      this.#taking -= 1;
    }
  }

  async #step(authentication: Authentication, mechanism: string, message: Buffer): Promise<Login> {
    if (this.#exchange?.mechanism !== mechanism) this.#exchange = authentication.begin(mechanism, this.#placeNow);
    const step = await this.#exchange.step(message).catch((error: unknown) => {
      // Whoever is told to try again begins anew.
      this.#exchange = null;
      throw error;
    });
    if (step.kind === 'more') return step;
    if (step.kind === 'refused' && step.goesOn) return step;
    this.#exchange = null;
    if (step.kind === 'refused') return step;
    return this.#isShown && step.principal.name !== this.#principal.name
      ? this.#refuseAnother(authentication, step)
      : this.#shown(step, authentication);
  }

  /** Resolves when a failure may be answered that no exchange has told. */
  holdBack(): Promise<void> {
    const { authentication, place } = this.#options;
    return authentication === null ? Promise.resolve() : authentication.holdBack(place);
  }

  get #placeNow(): LoginPlace {
    const shownAs = this.#isShown && !this.isGone ? this.#principal.name : null;
    return { ...this.#options.place, shownAs };
  }

  async #refuseAnother(authentication: Authentication, { principal }: Done): Promise<Login> {
    const user = principal.name.slice('User:'.length);
    const reason = `the connection is of ${this.#principal.name}`;
    await authentication.holdBack(this.#options.place);
    return { kind: 'refused', user, reason, message: Buffer.alloc(0), goesOn: false, isAnother: true };
  }

  #shown({ principal, message, expiresAtMs }: Done, { sessionLifetimeMs }: Authentication): Login {
    const { clock, seats, signal } = this.#options;
    if (!this.#isShown) signal.onAbort(seats.take(principal.name));
    const leftMs = Math.min(sessionLifetimeMs, expiresAtMs === null ? Infinity : expiresAtMs - clock.now());
    const isForEver = leftMs === Infinity;
    const lifetimeMs = isForEver ? 0 : Math.max(lifetimeMsMin, Math.floor(leftMs));
    this.#principal = principal;
    this.#isShown = true;
    this.#endsAt = isForEver ? Infinity : clock.monotonic() + lifetimeMs;
    this.#setAlarm();
    return { kind: 'done', message, lifetimeMs };
  }

  #setAlarm(): void {
    const { clock, signal, loginEnded } = this.#options;
    this.#alarm?.cancel();
    this.#alarm = null;
    if (this.#endsAt === Infinity || signal.aborted) return;
    const leftMs = this.#endsAt - clock.monotonic();
    if (leftMs <= 0) return loginEnded(this.#taking > 0);
    this.#alarm = clock.schedule(Math.min(leftMs, alarmMsMax), () => this.#setAlarm());
  }
}

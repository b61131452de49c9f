/**
 * Finds out whose a connection is (row A1): SASL exchanges over the users of the broker, the same for every protocol.
 *
 * What a stranger may learn: which mechanisms there are, and that something was wrong. An unknown user is led through
 * the same steps as a known one, with the same work. A failure is answered after a while, which grows.
 */
import { SaslFault, parsePlain, QError, ScramServer, bearerRefusal, parseBearer, scramCredential } from '@q/protocol';
import type { ScramCredential, ScramMechanism } from '@q/protocol';
import { LoginFailures, madeUpCredential, principalOf, scramMechanisms, securityLimits } from '@q/security';
import type { Principal } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { Random } from '../../random.ts';
import type { SaltPassword } from './key-derivation.ts';
import type { UserStore } from './user-store.ts';

/** Ways to show who one is. */
export type Mechanism = ScramMechanism | 'PLAIN' | 'OAUTHBEARER';

/** All of them, the safest first. */
export const mechanismNames: readonly Mechanism[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'OAUTHBEARER', 'PLAIN'];

/** Whose token it is, and until when that holds, by the wall clock. Null: a token that is not taken, and why. */
export type TokenVerdict =
  | { readonly user: string; readonly expiresAtMs: number; readonly reason: null }
  | { readonly user: null; readonly reason: string };

/** Checks tokens: signature, issuer, audience, time. */
export interface TokenVerifier {
  /** Whose token it is, or why it is not taken. */
  verify(token: string): Promise<TokenVerdict>;
}

/** Where an exchange comes from, and what may be used there. */
export interface LoginPlace {
  readonly address: string;
  readonly mechanisms: readonly Mechanism[];
  /** Whose the connection is already, who shows it once more; absent or null: nobody's. */
  readonly shownAs?: string | null;
}

/** What comes of one message. */
export type LoginStep =
  | { readonly kind: 'more'; readonly message: Buffer }
  | {
      readonly kind: 'done';
      readonly principal: Principal;
      readonly message: Buffer;
      readonly expiresAtMs: number | null;
    }
  /**
   * `reason` is for the log, `message` for the client. `goesOn`: the mechanism has another message before its end,
   * which is a refusal in any case. `isGuess`: a password was looked at, and was wrong.
   */
  | {
      readonly kind: 'refused';
      readonly user: string;
      readonly reason: string;
      readonly message: Buffer;
      readonly goesOn: boolean;
      readonly isGuess?: true;
    };

/** One exchange. Its steps are taken one after another. */
export interface LoginExchange {
  readonly mechanism: Mechanism;
  step(message: Buffer): Promise<LoginStep>;
}

export interface AuthenticationOptions {
  readonly users: UserStore;
  readonly salt: SaltPassword;
  readonly clock: Clock;
  readonly random: Random;
  /** For what unknown users are told: the same for the life of the cluster. */
  readonly secret: Buffer;
  /** Null: no tokens are taken. */
  readonly tokens: TokenVerifier | null;
  /** For how long a login holds at most, in ms; 0: no matter how long. */
  readonly sessionLifetimeMs?: number;
}

const nothing = Buffer.alloc(0);
const nonceBytes = 18;
/** Whoever would wait longer for a turn is told to come again. */
const turnMsMax = securityLimits.loginDelayMsMax;

export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #failures = new LoginFailures();

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** For how long a login holds at most, in ms; Infinity: no matter how long. */
  get sessionLifetimeMs(): number {
    return this.#options.sessionLifetimeMs || Infinity;
  }

  /** @throws QError UNSUPPORTED_MECHANISM */
  begin(mechanism: string, place: LoginPlace): LoginExchange {
    const known = place.mechanisms.find((each) => each === mechanism);
    if (known === undefined) {
      const shown = JSON.stringify(mechanism.slice(0, 64));
      const message = `this connection takes ${place.mechanisms.join(', ') || 'nothing'}, not ${shown}`;
      throw new QError('UNSUPPORTED_MECHANISM', message, { details: { mechanisms: place.mechanisms.join(',') } });
    }
    const steps = this.#stepsOf(known, place);
    return { mechanism: known, step: (message) => this.#step(steps, message, place) };
  }

  #stepsOf(mechanism: Mechanism, place: LoginPlace): (message: Buffer) => LoginStep | Promise<LoginStep> {
    if (mechanism === 'PLAIN') return (message) => this.#plain(message, place);
    // Tokens are not guessed: they take no turns.
    if (mechanism === 'OAUTHBEARER') return this.#bearer();
    return this.#scram(mechanism, place);
  }

  async #step(
    steps: (message: Buffer) => LoginStep | Promise<LoginStep>,
    message: Buffer,
    place: LoginPlace,
  ): Promise<LoginStep> {
    const sinceMs = this.#options.clock.monotonic();
    let taken: LoginStep;
    try {
      taken = await steps(message);
    } catch (error) {
      if (!(error instanceof SaslFault)) throw error;
      taken = refused('', error.message);
    }
    const { clock } = this.#options;
    if (taken.kind === 'done') this.#failures.succeeded(taken.principal.name, place.address, clock.monotonic());
    // Whoever names a user and shows no password for it must not push the turn of that user.
    if (taken.kind === 'refused') await this.#holdBack(taken.isGuess ? taken.user : '', place, sinceMs);
    return taken;
  }

  /** Resolves when a failure may be answered that is no guess at a password: it pushes nobody's turn. */
  holdBack(place: Pick<LoginPlace, 'address'>): Promise<void> {
    return this.#holdBack('', place, this.#options.clock.monotonic());
  }

  /** Whether a password of this user from there would be checked at once. */
  isFree(user: string, address: string): boolean {
    return this.#failures.waitMs(principalOf(user), address, this.#options.clock.monotonic()) === 0;
  }

  /**
   * Notes a failure, and resolves when it may be answered. Counts from when the message came, so that the answer does
   * not tell how much work there was.
   */
  #holdBack(user: string, { address }: Pick<LoginPlace, 'address'>, sinceMs: number): Promise<void> {
    const { clock } = this.#options;
    const nowMs = clock.monotonic();
    const delayMs = Math.max(0, this.#failures.failed(principalOf(user), address, nowMs) - (nowMs - sinceMs));
    return new Promise((resolve) => void clock.schedule(delayMs, resolve));
  }

  /**
   * Checks a password of a user when its turn comes: once one was wrong, those of one network and user are checked one
   * after another. `check` waits for nothing, so that no two have the same turn.
   * @throws QError BROKER_BUSY
   */
  async #inTurn(user: string, { address, shownAs = null }: LoginPlace, check: () => LoginStep): Promise<LoginStep> {
    const principal = principalOf(user);
    const { clock } = this.#options;
    const untilMs = clock.monotonic() + turnMsMax;
    for (;;) {
      const nowMs = clock.monotonic();
      // Whoever shows again who it is has shown it once.
      const waitMs = principal === shownAs ? 0 : this.#failures.waitMs(principal, address, nowMs);
      if (waitMs === 0) return this.#noted(check(), address);
      if (nowMs + waitMs > untilMs) throw tooManyGuesses(user);
      await new Promise((resolve) => void clock.schedule(waitMs, () => resolve(null)));
    }
  }

  #noted(step: LoginStep, address: string): LoginStep {
    if (step.kind === 'refused')
      this.#failures.guessed(principalOf(step.user), address, this.#options.clock.monotonic());
    return step;
  }

  #scram(mechanism: ScramMechanism, place: LoginPlace): (message: Buffer) => LoginStep | Promise<LoginStep> {
    const nonce = this.#options.random.bytes(nonceBytes).toString('base64url');
    const server = new ScramServer({ mechanism, nonce, find: (name) => this.#credentialOf(name, mechanism) });
    let isBegun = false;
    return (message) => {
      if (!isBegun) {
        isBegun = true;
        return { kind: 'more', message: server.begin(message) };
      }
      return this.#inTurn(server.username, place, () => {
        const outcome = server.end(message);
        if (!outcome.isRight) return wrong(outcome.username);
        return done(this.#options.users.principalOf(outcome.username), outcome.message, null);
      });
    };
  }

  #credentialOf(name: string, mechanism: ScramMechanism): { credential: ScramCredential; isKnown: boolean } {
    const { users, secret } = this.#options;
    const credential = users.find(name)?.credentials.get(mechanism);
    if (credential !== undefined) return { credential, isKnown: true };
    const madeUp = madeUpCredential(secret, mechanism, { username: name, rounds: users.roundsOf(mechanism) });
    return { credential: madeUp, isKnown: false };
  }

  /** Any credential of the user will do: the password is the same for all of them, or should be. */
  async #plain(message: Buffer, place: LoginPlace): Promise<LoginStep> {
    const { authorizationId, username, password } = parsePlain(message);
    if (authorizationId !== '' && authorizationId !== username)
      return refused(username, 'wants to act as somebody else');
    // Whoever would wait too long costs no work.
    await this.#inTurn(username, place, () => ({ kind: 'more', message: nothing }));
    const mechanism = scramMechanisms.find((each) => this.#credentialOf(username, each).isKnown) ?? 'SCRAM-SHA-256';
    const { credential, isKnown } = this.#credentialOf(username, mechanism);
    const { salt, iterations } = credential;
    const saltedPassword = await this.#options.salt(mechanism, { password, salt, iterations }).catch(naming(username));
    const shown = scramCredential(mechanism, { saltedPassword, salt, iterations });
    const isRight = process.getBuiltinModule('node:crypto').timingSafeEqual(shown.storedKey, credential.storedKey);
    return this.#inTurn(username, place, () => {
      if (!isRight || !isKnown) return wrong(username);
      return done(this.#options.users.principalOf(username), nothing, null);
    });
  }

  /** A refusal has two steps: it is told, and whoever heard it says so. */
  #bearer(): (message: Buffer) => LoginStep | Promise<LoginStep> {
    let refusal: string | null = null;
    return async (message) => {
      if (refusal !== null) return refused('', refusal, bearerRefusal);
      const { authorizationId, token } = parseBearer(message);
      const verdict = (await this.#options.tokens?.verify(token)) ?? { user: null, reason: 'tokens are not taken' };
      if (verdict.user === null) {
        refusal = verdict.reason;
        return { kind: 'refused', user: '', reason: refusal, message: bearerRefusal, goesOn: true };
      }
      if (authorizationId !== '' && authorizationId !== verdict.user)
        return refused(verdict.user, 'wants to act as somebody else');
      return done({ name: principalOf(verdict.user) }, nothing, verdict.expiresAtMs);
    };
  }
}

function wrong(username: string): LoginStep & { readonly kind: 'refused' } {
  return { ...refused(username, 'wrong password, or no such user'), isGuess: true };
}

function tooManyGuesses(user: string): QError {
  const message = 'logins from this address fail, and are checked one after another; try again later';
  return new QError('BROKER_BUSY', message, { details: { user } });
}

/** The trail tells whose password was not looked at. */
function naming(user: string): (error: unknown) => never {
  return (error) => {
    if (!QError.is(error) || error.code !== 'BROKER_BUSY') throw error;
    throw new QError('BROKER_BUSY', error.message, { details: { ...error.details, user } });
  };
}

function done(principal: Principal, message: Buffer, expiresAtMs: number | null): LoginStep {
  return { kind: 'done', principal, message, expiresAtMs };
}

function refused(user: string, reason: string, message: Buffer = nothing): LoginStep & { readonly kind: 'refused' } {
  return { kind: 'refused', user, reason, message, goesOn: false };
}

/**
 * Lets in whoever shows who they are with each request, as HTTP has it: with a password or a token (row A1).
 *
 * Invariants
 *  1. A password that was right a moment ago is known again without the work of hashing it: for `knownPasswordMs`, from
 *     the same network, by a keyed hash alone, and only while its user is as it was then.
 *  2. It answers no faster than a guess would: where a password of this user from there would wait for its turn, so
 *     does this one, and another password makes it forgotten. Else whoever guesses would hear at once of the right one.
 *  3. At most `knownPasswordsMax` are known; the one that was checked first goes first.
 */
import { QError, SaslFault, formatBearer, formatPlain } from '@q/protocol';
import { networkOf, securityLimits } from '@q/security';
import type { User } from '@q/security';
import type { Principal } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { Random } from '../../random.ts';
import type { Authentication, LoginStep, Mechanism } from './authentication.ts';
import type { UserStore } from './user-store.ts';

/** Somebody who was let in for one request. */
export interface LetIn {
  readonly principal: Principal;
  readonly mechanism: Mechanism;
  /** Whether it still holds: for answers that go on. */
  readonly holds: () => boolean;
}

/** A request was refused. `user` is who it claimed to be, `reason` is for the log. */
export interface Refused {
  readonly user: string;
  readonly mechanism: Mechanism;
  readonly reason: string;
}

interface Known {
  /** Keyed: whoever sees the memory later does not learn the password. */
  readonly digest: Buffer;
  readonly user: User | undefined;
  readonly principal: Principal;
  readonly untilMs: number;
}

const secretBytes = 32;

export class RequestLogins {
  readonly #authentication: Authentication;
  readonly #users: Pick<UserStore, 'find'>;
  readonly #clock: Clock;
  readonly #secret: Buffer;
  readonly #known = new Map<string, Known>();

  constructor(o: {
    readonly authentication: Authentication;
    readonly users: Pick<UserStore, 'find'>;
    readonly clock: Clock;
    readonly random: Random;
  }) {
    this.#authentication = o.authentication;
    this.#users = o.users;
    this.#clock = o.clock;
    this.#secret = o.random.bytes(secretBytes);
  }

  /** Resolves when it may be answered: a failure is held back. @throws QError BROKER_BUSY */
  async byPassword(
    { user: name, password }: { readonly user: string; readonly password: string },
    address: string,
  ): Promise<LetIn | Refused> {
    const key = `${networkOf(address)} ${name}`;
    const digest = this.#digestOf(name, password);
    const known = this.#find(key, { name, digest });
    if (known !== null && this.#authentication.isFree(name, address)) return this.#letIn(known);
    // What the password is checked against may change meanwhile: then it is not known for later.
    const user = this.#users.find(name);
    const step = await this.#exchange('PLAIN', address, () =>
      formatPlain({ authorizationId: '', username: name, password }),
    );
    if (step.kind !== 'done') return { user: name, mechanism: 'PLAIN', reason: reasonOf(step) };
    const fresh = {
      digest,
      user,
      principal: step.principal,
      untilMs: this.#clock.monotonic() + securityLimits.knownPasswordMs,
    };
    this.#remember(key, fresh);
    return this.#letIn(fresh);
  }

  /** As `byPassword`. Each token is checked each time. */
  async byToken(token: string, address: string): Promise<LetIn | Refused> {
    const step = await this.#exchange('OAUTHBEARER', address, () => formatBearer(token));
    const mechanism = 'OAUTHBEARER';
    if (step.kind !== 'done') return { user: userOf(step), mechanism, reason: reasonOf(step) };
    const { principal, expiresAtMs } = step;
    return { principal, mechanism, holds: () => expiresAtMs === null || this.#clock.now() < expiresAtMs };
  }

  async #exchange(mechanism: Mechanism, address: string, message: () => Buffer): Promise<LoginStep> {
    const exchange = this.#authentication.begin(mechanism, { address, mechanisms: [mechanism] });
    let first: Buffer;
    try {
      first = message();
    } catch (error) {
      if (!(error instanceof SaslFault)) throw error;
      // Held back as any other failure.
      first = Buffer.alloc(0);
    }
    return exchange.step(first);
  }

  #letIn({ user, principal }: Known): LetIn {
    const { name } = principal;
    const holds = (): boolean => this.#users.find(name.slice('User:'.length)) === user;
    return { principal, mechanism: 'PLAIN', holds };
  }

  #digestOf(name: string, password: string): Buffer {
    const { createHmac } = process.getBuiltinModule('node:crypto');
    return createHmac('sha256', this.#secret).update(`${name}\0${password}`).digest();
  }

  #find(key: string, { name, digest }: { readonly name: string; readonly digest: Buffer }): Known | null {
    const known = this.#known.get(key);
    if (known === undefined) return null;
    const isAsItWas = known.user !== undefined && this.#users.find(name) === known.user;
    const isRight = process.getBuiltinModule('node:crypto').timingSafeEqual(known.digest, digest);
    if (isAsItWas && isRight && this.#clock.monotonic() < known.untilMs) return known;
    this.#known.delete(key);
    return null;
  }

  #remember(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size > securityLimits.knownPasswordsMax) this.#known.delete(this.#known.keys().next().value!);
  }
}

function reasonOf(step: LoginStep): string {
  return step.kind === 'refused' ? step.reason : 'said too little';
}

function userOf(step: LoginStep): string {
  return step.kind === 'refused' ? step.user : '';
}

/** The same for every reason. */
export function loginRefused(): QError {
  return new QError('AUTHENTICATION_FAILED', 'wrong password or token, or no such user');
}

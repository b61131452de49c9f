/**
 * Finds out who asks the admin HTTP interface (row A1, SEC-7): by the `Authorization` of the request, or by the
 * certificate of its connection. Whoever asks is let in for that one request.
 */
import { QError } from '@q/protocol';
import { principalOf } from '@q/security';
import { anonymous } from '../caller.ts';
import type { Author, Principal } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Mechanism } from '../services/identity/authentication.ts';
import { loginRefused } from '../services/identity/request-logins.ts';
import type { LoginNews } from '../services/identity/login-news.ts';
import type { LetIn, Refused, RequestLogins } from '../services/identity/request-logins.ts';

/** How whoever comes to one listener of the admin interface shows who they are. */
export interface AdminWays {
  /** Those of SASL: with one that takes passwords Basic is taken, with OAUTHBEARER Bearer. */
  readonly mechanisms: readonly Mechanism[];
  /** Whoever shows nothing comes in as nobody, and may what the rules say of nobody. */
  readonly isOpen: boolean;
}

/** What is known of a request before anybody looks at what it wants. */
export interface AdminRequest extends AdminWays {
  /** The header, as it came. */
  readonly authorization: string | undefined;
  readonly address: string;
  /** As the client calls itself. */
  readonly userAgent: string;
  readonly isEncrypted: boolean;
  /** Both ends are on this machine. */
  readonly isLoopback: boolean;
  /** Whose certificate the connection has shown; null: none, or nobody's. */
  readonly certificateUser: string | null;
}

/** Who asks. */
export interface AdminIdentity {
  readonly principal: Principal;
  /** How it has shown that. */
  readonly shownBy: 'password' | 'token' | 'certificate' | 'nothing';
  /** Whether it still is who it said: for answers that go on. */
  readonly holds: () => boolean;
}

/** Finds out who asks. */
export interface AdminLogin {
  /** What `WWW-Authenticate` says to whoever has not said who it is; empty: nothing. */
  challenges(ways: AdminWays): string;
  /** @throws QError AUTHENTICATION_REQUIRED, AUTHENTICATION_FAILED; BROKER_BUSY */
  identify(request: AdminRequest): AdminIdentity | Promise<AdminIdentity>;
}

const nobodyAsks: AdminIdentity = { principal: anonymous, shownBy: 'nothing', holds: () => true };

/** Of a broker that lets everybody in. */
export const everybodyIn: AdminLogin = { challenges: () => '', identify: () => nobodyAsks };

export interface AdminLoginOptions {
  readonly logins: Pick<RequestLogins, 'byPassword' | 'byToken'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly news: Pick<LoginNews, 'letIn' | 'refused'>;
}

/** Of a broker that asks. */
export class AskingLogin implements AdminLogin {
  readonly #options: AdminLoginOptions;
  readonly #told: ToldLogins;

  constructor(options: AdminLoginOptions) {
    this.#options = options;
    this.#told = new ToldLogins(options.clock);
  }

  challenges(ways: AdminWays): string {
    return schemesOf(ways)
      .map((scheme) => challengeOf[scheme])
      .join(', ');
  }

  identify(request: AdminRequest): AdminIdentity | Promise<AdminIdentity> {
    const { authorization, certificateUser } = request;
    if (authorization !== undefined) return this.#byHeader(authorization, request);
    if (certificateUser !== null) {
      const principal = { name: principalOf(certificateUser) };
      this.#noteDone(request, principal, 'CERTIFICATE');
      return { principal, shownBy: 'certificate', holds: () => true };
    }
    if (request.isOpen) return nobodyAsks;
    throw new QError('AUTHENTICATION_REQUIRED', `this broker asks who you are: ${waysOf(request)}`);
  }

  async #byHeader(authorization: string, request: AdminRequest): Promise<AdminIdentity> {
    const [, name = '', given = ''] = /^([A-Za-z0-9-]+) +(.+)$/s.exec(authorization) ?? [];
    const scheme = schemesOf(request).find((each) => each === name.toLowerCase());
    if (scheme === undefined)
      throw new QError('AUTHENTICATION_FAILED', `what the header Authorization has is not taken: ${waysOf(request)}`);
    // On the way somebody could read along; the machine itself is another matter.
    if (!request.isEncrypted && !request.isLoopback)
      throw new QError(
        'AUTHENTICATION_FAILED',
        'passwords and tokens are taken over https:// alone, or from the machine of the broker itself',
      );
    const { logins } = this.#options;
    const outcome = await (scheme === 'bearer'
      ? logins.byToken(given.trim(), request.address)
      : this.#byPassword(basicOf(given.trim()), request));
    if ('reason' in outcome) {
      this.#noteRefused(outcome, request);
      throw loginRefused();
    }
    this.#noteDone(request, outcome.principal, wayOf(outcome.mechanism));
    return identityOf(outcome);
  }

  async #byPassword(given: { user: string; password: string }, request: AdminRequest): Promise<LetIn | Refused> {
    try {
      return await this.#options.logins.byPassword(given, request.address);
    } catch (error) {
      // Whoever was told to come again has tried, too.
      if (QError.is(error) && error.code === 'BROKER_BUSY')
        this.#noteRefused({ user: given.user, mechanism: 'PLAIN', reason: error.message }, request);
      throw error;
    }
  }

  #noteRefused({ user, mechanism, reason }: Refused, request: AdminRequest): void {
    this.#options.news.refused({ mechanism: wayOf(mechanism), by: authorOf(request) }, { user, reason });
  }

  /** A program that asks every few seconds is told of once in a while. */
  #noteDone(request: AdminRequest, principal: Principal, mechanism: string): void {
    if (!this.#told.isNew(`${mechanism}\n${principal.name}\n${request.address}`)) return;
    this.#options.news.letIn({ mechanism, by: authorOf(request) }, { principal, lifetimeMs: 0 });
  }
}

/** As logins are told of here: a password comes by Basic, whichever mechanism checks it. */
function wayOf(mechanism: Mechanism): string {
  return mechanism === 'PLAIN' ? 'BASIC' : mechanism;
}

type Scheme = 'basic' | 'bearer';

const challengeOf: Readonly<Record<Scheme, string>> = {
  basic: 'Basic realm="q", charset="UTF-8"',
  bearer: 'Bearer realm="q"',
};

/** Users have one password, by whichever mechanism they show it elsewhere. */
function schemesOf({ mechanisms }: AdminWays): Scheme[] {
  return [
    ...(mechanisms.some((each) => each !== 'OAUTHBEARER') ? (['basic'] as const) : []),
    ...(mechanisms.includes('OAUTHBEARER') ? (['bearer'] as const) : []),
  ];
}

function waysOf(ways: AdminWays): string {
  const words = schemesOf(ways).map((scheme) =>
    scheme === 'basic'
      ? 'it takes a user with a password (Authorization: Basic)'
      : 'it takes a token (Authorization: Bearer)',
  );
  return words.join(', and ') || 'it takes certificates alone';
}

function identityOf({ principal, mechanism, holds }: LetIn): AdminIdentity {
  return { principal, shownBy: mechanism === 'OAUTHBEARER' ? 'token' : 'password', holds };
}

function authorOf({ address, userAgent: clientId }: AdminRequest): Author {
  return { address, clientId, door: 'admin' };
}

/** What is no user and password is an empty one, which nobody has: refused like any other. */
function basicOf(encoded: string): { user: string; password: string } {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  return at < 0 ? { user: '', password: '' } : { user: text.slice(0, at), password: text.slice(at + 1) };
}

const toldMs = 60_000;
const toldMax = 1_000;

/** Logins that the trail has told of. Invariant: at most `toldMax`, the oldest first. */
class ToldLogins {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #told = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  isNew(key: string): boolean {
    const nowMs = this.#clock.monotonic();
    const toldAt = this.#told.get(key);
    if (toldAt !== undefined && nowMs - toldAt < toldMs) return false;
    this.#told.delete(key);
    this.#told.set(key, nowMs);
    if (this.#told.size > toldMax) this.#told.delete(this.#told.keys().next().value!);
    return true;
  }
}

/**
 * Checks tokens (row A1, SEC-8): JSON Web Tokens that an issuer has signed for this broker.
 *
 * Everything is required: a signature of an allowed algorithm by a key of the issuer, the issuer, an audience, an end,
 * a name. Why a token is refused is for the log alone, and says nothing of what is in it.
 */
import { QError } from '@q/protocol';
import { checkUserName } from '@q/security';
import type * as Jose from 'jose';
import type { Clock } from '../../../clock.ts';
import type { TokenVerdict, TokenVerifier } from '../authentication.ts';
import { tokenLimits } from './token-limits.ts';
import type { ResolvedTokenOptions } from './token-options.ts';
import type { KnownKeys, TokenKeys } from './token-keys.ts';

export interface JwtVerifierOptions {
  readonly options: ResolvedTokenOptions;
  readonly keys: Pick<TokenKeys, 'current' | 'afterLook'>;
  readonly jose: Pick<typeof Jose, 'jwtVerify'>;
  readonly clock: Pick<Clock, 'now'>;
}

const unknownKey = 'it is signed with a key that is not among those of the issuer';

/** What jose's errors mean, by their codes. */
const reasons: Readonly<Record<string, string>> = {
  ERR_JOSE_ALG_NOT_ALLOWED: 'it is signed by an algorithm that is not allowed, or by none',
  ERR_JOSE_NOT_SUPPORTED: 'it is signed in a way that is not known',
  ERR_JWS_INVALID: 'it is no signed token',
  ERR_JWT_INVALID: 'it is no token with claims',
  ERR_JWT_EXPIRED: 'it has expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'its signature is wrong',
  ERR_JWKS_NO_MATCHING_KEY: unknownKey,
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'it does not say which of several keys has signed it',
};

const claimReasons: Readonly<Record<string, string>> = {
  iss: 'it is of another issuer',
  aud: 'it is for somebody else: the audience is another one',
  nbf: 'it is not valid yet',
  exp: 'it has no end, or one that is no time',
  iat: 'its time of issue is no time',
};

export class JwtVerifier implements TokenVerifier {
  readonly #given: JwtVerifierOptions;
  #waiting = 0;
  #checking = 0;
  readonly #queue: (() => void)[] = [];

  constructor(given: JwtVerifierOptions) {
    this.#given = given;
  }

  /** @throws QError BROKER_BUSY when many tokens wait */
  async verify(token: string): Promise<TokenVerdict> {
    if (token.length > tokenLimits.tokenCharactersMax)
      return refused(`it has more than ${tokenLimits.tokenCharactersMax} characters`);
    if (this.#waiting >= tokenLimits.waitingMax)
      throw new QError('BROKER_BUSY', `${this.#waiting} tokens wait to be checked; try again`);
    this.#waiting += 1;
    try {
      return await this.#verify(token);
    } finally {
      this.#waiting -= 1;
    }
  }

  async #verify(token: string): Promise<TokenVerdict> {
    const { keys } = this.#given;
    const known = await keys.current();
    if (known === null) return refused('there are no keys of the issuer to check it with');
    const verdict = await this.#checkInTurn(token, known);
    if (verdict.reason !== unknownKey) return verdict;
    const newer = await keys.afterLook(known);
    return newer === null ? verdict : await this.#checkInTurn(token, newer);
  }

  /** Strangers ask for this work, and the threads that do it are those that write to the disk. */
  async #checkInTurn(token: string, known: KnownKeys): Promise<TokenVerdict> {
    while (this.#checking >= tokenLimits.checksMax) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#checking += 1;
    try {
      return await this.#check(token, known);
    } finally {
      this.#checking -= 1;
      this.#queue.shift()?.();
    }
  }

  async #check(token: string, { find }: KnownKeys): Promise<TokenVerdict> {
    const { options, jose, clock } = this.#given;
    const { issuer, audience, algorithms, clockSkewMs } = options;
    try {
      const { payload } = await jose.jwtVerify(token, find, {
        issuer,
        audience: [...audience],
        algorithms: [...algorithms],
        clockTolerance: clockSkewMs / 1_000,
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp'],
      });
      return this.#verdictOf(payload);
    } catch (error) {
      return refused(reasonOf(error));
    }
  }

  /** What the library takes and a broker does not: any time of issue, any end, names of any kind. */
  #verdictOf(claims: Jose.JWTPayload): TokenVerdict {
    const { options, clock } = this.#given;
    const { principalClaim, clockSkewMs, lifetimeMsMax } = options;
    const nowMs = clock.now();
    const endMs = (claims.exp ?? Infinity) * 1_000;
    const begunMs = claims.iat === undefined ? nowMs : claims.iat * 1_000;
    if (!(begunMs <= nowMs + clockSkewMs)) return refused('it was issued in the future');
    if (!(endMs - begunMs <= lifetimeMsMax)) return refused('it is good for longer than tokens may be');
    const user = Object.hasOwn(claims, principalClaim) ? claims[principalClaim] : undefined;
    if (typeof user !== 'string') return refused(`its claim ${principalClaim} names nobody`);
    try {
      return { user: checkUserName(user), expiresAtMs: endMs, reason: null };
    } catch {
      return refused(`its claim ${principalClaim} is no name of a user`);
    }
  }
}

function refused(reason: string): TokenVerdict {
  return { user: null, reason };
}

function reasonOf(error: unknown): string {
  const { code = '', claim = '' } = error as { readonly code?: string; readonly claim?: string };
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') return claimReasons[claim] ?? `its claim ${claim} is wrong`;
  return reasons[code] ?? 'the key that has signed it cannot be used';
}

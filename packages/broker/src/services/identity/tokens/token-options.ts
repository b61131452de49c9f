import { QError } from '@q/protocol';
import { tokenLimits } from './token-limits.ts';

/** Algorithms that sign with a private key: none that a public key would do for, and not `none`. */
export type TokenAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA';

/** All of them. */
export const tokenAlgorithms: readonly TokenAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

/** Whose tokens are taken, and how they are checked. Needs the package `jose`. */
export interface TokenOptions {
  /** Who has to have made them: the claim `iss`, to the letter. */
  readonly issuer: string;
  /** For whom they have to be: the claim `aud` has one of these. */
  readonly audience: string | readonly string[];
  /**
   * Where the public keys are, as a JSON Web Key Set: an address (https, or http on this machine), a file, or
   * `discover`: where the issuer says, by OpenID Connect.
   */
  readonly keys: string;
  /** Default: all that sign with a private key. */
  readonly algorithms?: readonly TokenAlgorithm[];
  /** The claim that names the user. Default: `sub`. */
  readonly principalClaim?: string;
  /** How far the issuer's clock may be from ours, in ms, up to 5 minutes. Default: 30,000. */
  readonly clockSkewMs?: number;
  /** For how long a token is good at most, in ms: longer ones are refused. Default: 24 hours. */
  readonly lifetimeMsMax?: number;
}

/** The same, checked and complete. */
export interface ResolvedTokenOptions {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly keys: KeyPlace;
  readonly algorithms: readonly TokenAlgorithm[];
  readonly principalClaim: string;
  readonly clockSkewMs: number;
  readonly lifetimeMsMax: number;
}

/** Where keys come from. */
export type KeyPlace =
  | { readonly kind: 'address'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'discover'; readonly url: string };

/** @throws QError INVALID_CONFIG naming the setting, its value and what is allowed */
export function resolveTokenOptions(given: TokenOptions): ResolvedTokenOptions {
  const issuer = text('issuer', given.issuer);
  const audience = (typeof given.audience === 'string' ? [given.audience] : given.audience).map((each) =>
    text('audience', each),
  );
  if (audience.length === 0 || audience.length > 100) throw wrong('audience', audience.length, '1 to 100 names');
  const { algorithms = tokenAlgorithms, clockSkewMs = tokenLimits.clockSkewMs } = given;
  for (const each of algorithms)
    if (!tokenAlgorithms.includes(each)) throw wrong('algorithms', each, `some of ${tokenAlgorithms.join(', ')}`);
  if (algorithms.length === 0) throw wrong('algorithms', '', `some of ${tokenAlgorithms.join(', ')}`);
  return {
    issuer,
    audience,
    keys: keyPlaceOf(text('keys', given.keys), issuer),
    algorithms,
    principalClaim: text('principalClaim', given.principalClaim ?? 'sub'),
    clockSkewMs: whole('clockSkewMs', clockSkewMs, { min: 0, max: tokenLimits.clockSkewMsMax }),
    lifetimeMsMax: whole('lifetimeMsMax', given.lifetimeMsMax ?? tokenLimits.lifetimeMs, {
      min: 1_000,
      max: tokenLimits.lifetimeMsMax,
    }),
  };
}

function keyPlaceOf(keys: string, issuer: string): KeyPlace {
  if (keys === 'discover') {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    if (!isTrusted(url)) throw wrong('issuer', issuer, `with keys = discover, ${trustedWords}`);
    return { kind: 'discover', url };
  }
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(keys)) return { kind: 'file', path: keys };
  if (!isTrusted(keys)) throw wrong('keys', keys, `${trustedWords}, a file, or discover`);
  return { kind: 'address', url: keys };
}

const trustedWords = 'an address that begins with https://, or with http:// on this machine, without a password in it';

/** Nobody on the way can put other keys in. */
export function isTrusted(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname));
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

function text(name: string, value: unknown): string {
  const { textCharactersMax: max } = tokenLimits;
  if (typeof value === 'string' && value.length > 0 && value.length <= max) return value;
  throw wrong(name, typeof value === 'string' ? `${value.length} characters` : typeof value, `a text of 1 to ${max}`);
}

function whole(name: string, value: number, { min, max }: { readonly min: number; readonly max: number }): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw wrong(name, value, `a whole number from ${min} to ${max}`);
}

function wrong(name: string, value: string | number, allowed: string): QError {
  const setting = `security.tokens.${name}`;
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  const message = `${setting} = ${shown}: must be ${allowed}`;
  return new QError('INVALID_CONFIG', message, { details: { setting, value: shown, allowed } });
}

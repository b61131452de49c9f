/**
 * The public keys of an issuer: read, kept, read again.
 *
 * Invariants:
 *  1. Keys are asked for at most once in `requestPauseMs`, whatever tokens come.
 *  2. Keys that were good stay until newer ones are there, for `keepMs` at most: an address that fails, or says
 *     nonsense, locks nobody out at once.
 *  3. Only public keys of key pairs are kept.
 */
import { QError } from '@q/protocol';
import type { JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../../clock.ts';
import type { BrokerLogger } from '../../../logger.ts';
import type { AuditNotes } from '../../audit/audit.ts';
import { parsed, readKeys } from './key-source.ts';
import type { KeyReader } from './key-source.ts';
import { tokenLimits } from './token-limits.ts';
import type { ResolvedTokenOptions } from './token-options.ts';

/** A key as it stands in a set: with what it is called, if it is. */
interface PublicJwk {
  readonly kty: string;
  readonly kid?: string;
  readonly [parameter: string]: unknown;
}

/** Keys that were read at one time. */
export interface KnownKeys {
  readonly find: JWTVerifyGetKey;
  readonly ids: readonly string[];
  readonly readAtMs: number;
}

export interface TokenKeysOptions {
  readonly options: Pick<ResolvedTokenOptions, 'keys' | 'issuer'>;
  readonly reader: KeyReader;
  readonly makeSet: (set: { keys: PublicJwk[] }) => JWTVerifyGetKey;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: BrokerLogger;
  readonly audit: AuditNotes;
}

export class TokenKeys {
  readonly #options: TokenKeysOptions;
  #known: KnownKeys | null = null;
  #reading: Promise<void> | null = null;
  #triedAtMs = -Infinity;
  #failures = 0;

  constructor(options: TokenKeysOptions) {
    this.#options = options;
  }

  /**
   * At the start: a file that is no key set is a mistake of whoever has set it up, an address that does not answer may
   * answer later, and nobody waits for it. @throws QError INVALID_CONFIG
   */
  async open(): Promise<void> {
    const { keys } = this.#options.options;
    const read = this.#read();
    if (keys.kind !== 'file') return;
    await read;
    if (this.#known !== null) return;
    const allowed = 'a file with a JSON Web Key Set that has public keys';
    const setting = 'security.tokens.keys';
    throw new QError('INVALID_CONFIG', `${setting} = ${JSON.stringify(keys.path)}: must be ${allowed}`, {
      details: { setting, value: keys.path, allowed },
    });
  }

  /** The keys to check with; null: there are none. */
  async current(): Promise<KnownKeys | null> {
    const { refreshMs, staleMs, keepMs } = tokenLimits;
    const ageMs = this.#ageMs();
    if (ageMs >= staleMs) await this.#readUnlessTried();
    else if (ageMs >= refreshMs) void this.#readUnlessTried();
    return this.#ageMs() >= keepMs ? null : this.#known;
  }

  /** The same, after another look where one is due: a token names a key that is not there. Null: there was no look. */
  async afterLook(seen: KnownKeys | null): Promise<KnownKeys | null> {
    await this.#readUnlessTried();
    return this.#known === seen ? null : this.#known;
  }

  #ageMs(): number {
    return this.#known === null ? Infinity : this.#options.clock.monotonic() - this.#known.readAtMs;
  }

  #readUnlessTried(): Promise<void> {
    if (this.#reading !== null) return this.#reading;
    const sinceMs = this.#options.clock.monotonic() - this.#triedAtMs;
    return sinceMs < tokenLimits.requestPauseMs ? Promise.resolve() : this.#read();
  }

  /** Never rejects. */
  #read(): Promise<void> {
    this.#triedAtMs = this.#options.clock.monotonic();
    this.#reading = this.#tryRead().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #tryRead(): Promise<void> {
    const { options, reader, makeSet, clock } = this.#options;
    const { keySetBytesMax: bytesMax, requestTimeoutMs: timeoutMs } = tokenLimits;
    try {
      const keys = publicKeysOf(await readKeys(options, reader, { bytesMax, timeoutMs }));
      const ids = keys.map(({ kid }) => kid ?? '').toSorted();
      const find = makeSet({ keys });
      this.#told(ids);
      this.#known = { find, ids, readAtMs: clock.monotonic() };
    } catch (error) {
      this.#failed((error as Error).message);
    }
  }

  #told(ids: readonly string[]): void {
    const { options, logger, audit } = this.#options;
    const url = placeOf(options.keys);
    if (this.#failures > 0)
      logger.info({ event: 'tokens.keys_read_again', url, failures: this.#failures }, 'keys of tokens can be read');
    this.#failures = 0;
    const before = this.#known?.ids ?? null;
    if (before?.join() === ids.join()) return;
    logger.info({ event: 'tokens.keys_changed', url, keys: ids }, 'tokens are checked with these keys');
    audit.note({
      event: 'audit.token_keys_changed',
      by: null,
      resource: { type: 'broker', name: 'tokens' },
      ...(before !== null && { before: { keyIds: before } }),
      after: { keyIds: ids },
    });
  }

  /** Said the first time. */
  #failed(reason: string): void {
    const { options, logger } = this.#options;
    this.#failures += 1;
    if (this.#failures > 1) return;
    logger.error(
      { event: 'tokens.keys_not_read', url: placeOf(options.keys), reason },
      'the keys of tokens could not be read; those that were read last hold for a day',
    );
  }
}

/** Without what may be secret in an address. */
function placeOf(keys: TokenKeysOptions['options']['keys']): string {
  return keys.kind === 'file' ? keys.path : keys.url.replace(/[?#].*$/u, '');
}

const pairTypes: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP']);

/** @throws Error where there is nothing to check tokens with */
function publicKeysOf(text: string): PublicJwk[] {
  const set = parsed(text, 'the key set') as { readonly keys?: unknown } | null;
  const { keys } = set ?? {};
  if (!Array.isArray(keys)) throw new Error('it is no key set: it has no list of keys');
  if (keys.length > tokenLimits.keysMax) throw new Error(`the key set has more than ${tokenLimits.keysMax} keys`);
  const found = keys.filter((key): key is PublicJwk => isPublic(key));
  if (found.length === 0) throw new Error('the key set has no public key that tokens could be checked with');
  return found;
}

/** Of a pair, without its private part, and for signatures. */
function isPublic(key: unknown): boolean {
  if (key === null || typeof key !== 'object') return false;
  const { kty, kid, d, use } = key as Readonly<Record<string, unknown>>;
  const isNamed = kid === undefined || (typeof kid === 'string' && kid.length <= tokenLimits.textCharactersMax);
  return pairTypes.has(kty) && isNamed && d === undefined && (use === undefined || use === 'sig');
}

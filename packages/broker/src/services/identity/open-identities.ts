/**
 * Puts together what finds out whose a connection is. Only where somebody is asked: a broker that lets everybody in
 * stores nothing of it.
 */
import { QError } from '@q/protocol';
import type { Clock } from '../../clock.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { MetadataStore } from '../../metadata/metadata-store.ts';
import type { Random } from '../../random.ts';
import type { AuditNotes } from '../audit/audit.ts';
import { Authentication } from './authentication.ts';
import type { Mechanism, TokenVerifier } from './authentication.ts';
import { KeyDerivation } from './key-derivation.ts';
import type { SaltPassword } from './key-derivation.ts';
import type { LoginNews } from './login-news.ts';
import { usersOf } from './passwords.ts';
import type { Users } from './passwords.ts';
import { RequestLogins } from './request-logins.ts';
import { UserSeats } from './user-seats.ts';
import type { TokenTools } from './tokens/open-token-verifier.ts';
import type { TokenOptions } from './tokens/token-options.ts';
import { UserStore } from './user-store.ts';

/** Who is let in. */
export interface SecurityOptions {
  /**
   * How users may show who they are, at listeners that do not say it themselves. PLAIN is taken on encrypted
   * connections only. Default: none.
   */
  readonly mechanisms?: readonly Mechanism[];
  /**
   * Rules by which a certificate alone lets in (`ListenerAuthentication.certificates`), at listeners that do not say it
   * themselves and ask for certificates. Default: `['DEFAULT']`.
   */
  readonly certificates?: readonly string[];
  /** Whose tokens are taken, or what checks them; needed for OAUTHBEARER. */
  readonly tokens?: TokenOptions | TokenVerifier;
  /** Principals that may do everything, whatever the rules say: `User:NAME`. For whoever has locked itself out. */
  readonly superUsers?: readonly string[];
  /**
   * For how long a login holds, in ms, 15,000 or more; a token may hold for less. Clients log in again on the same
   * connection, without a break. Default 0: for as long as the connection, or the token.
   */
  readonly sessionLifetimeMs?: number;
}

/** The users of a broker, and how they show who they are. */
export interface Identities {
  readonly users: Users;
  /** Calls `listener` when a user was removed. */
  readonly onRemoved: (listener: () => void) => void;
  readonly authentication: Authentication;
  readonly mechanisms: readonly Mechanism[];
  /** Counts the connections of each user. */
  readonly seats: UserSeats;
  /** Where doors that have no `SessionIdentity` tell who was let in and who was not. */
  readonly news: LoginNews;
  /** Lets in whoever shows who they are with each request. */
  readonly requestLogins: RequestLogins;
  /** Ends what is under way. */
  readonly close: () => void;
}

/** Bytes in Base64, from which what strangers are told is made. Frozen. */
const secretKey = 'security/secret';
const secretBytes = 32;
/** Passwords that wait to be checked. */
const saltingMax = 256;

export async function openIdentities(
  { mechanisms = [], tokens, sessionLifetimeMs = 0 }: SecurityOptions,
  tools: {
    metadata: MetadataStore;
    clock: Clock;
    random: Random;
    salt: SaltPassword;
    news: LoginNews;
    audit: AuditNotes;
    limits: BrokerLimits;
    /** Somebody has as many connections as may be. */
    tooMany: () => void;
    logger: BrokerLogger;
  },
): Promise<Identities> {
  const { metadata, clock, random } = tools;
  const users = await UserStore.open(metadata);
  const secret = await readSecret(metadata, random);
  const { salt } = new KeyDerivation({ salt: tools.salt, waitingMax: saltingMax });
  const authentication = new Authentication({
    users,
    salt,
    clock,
    random,
    secret,
    tokens: await verifierOf(tokens, tools),
    sessionLifetimeMs,
  });
  return {
    users: usersOf({ users, salt, random, audit: tools.audit }),
    onRemoved: (listener) => users.onRemoved(listener),
    authentication,
    mechanisms,
    seats: new UserSeats(tools.limits, tools.tooMany),
    news: tools.news,
    requestLogins: new RequestLogins({ authentication, users, clock, random }),
    close: () => users.close(),
  };
}

/** Loaded only where tokens are taken. */
async function verifierOf(tokens: SecurityOptions['tokens'], tools: TokenTools): Promise<TokenVerifier | null> {
  if (tokens === undefined) return null;
  if ('verify' in tokens) return tokens;
  const { openTokenVerifier } = await import('./tokens/open-token-verifier.ts');
  return await openTokenVerifier(tokens, tools);
}

async function readSecret(metadata: MetadataStore, random: Random): Promise<Buffer> {
  for (;;) {
    const entry = await metadata.get(secretKey);
    if (entry !== null) {
      const secret = Buffer.from(entry.value, 'base64');
      if (secret.length === secretBytes) return secret;
      throw new QError('CORRUPT_LOG', `the metadata entry ${secretKey} is not ${secretBytes} bytes in Base64`);
    }
    const value = random.bytes(secretBytes).toString('base64');
    await metadata.compareAndSet({ key: secretKey, expectedVersion: 0, value });
  }
}

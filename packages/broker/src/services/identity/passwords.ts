/**
 * Gives users their passwords: both SCRAM credentials of each, so that whatever mechanism a client has will do.
 */
import { QError, scramCredential, scramHash } from '@q/protocol';
import type { ScramMechanism } from '@q/protocol';
import { checkUserName, scramMechanisms, securityLimits } from '@q/security';
import type { User } from '@q/security';
import type { Author } from '../../caller.ts';
import type { Random } from '../../random.ts';
import type { AuditEntry } from '../audit/audit-entry.ts';
import type { AuditNotes } from '../audit/audit.ts';
import type { SaltPassword } from './key-derivation.ts';
import type { UserStore } from './user-store.ts';

/** The most that Kafka's tools take. */
const iterationsByDefault = 16_384;
const saltBytes = 16;
const passwordCharactersMax = 1_024;

/** A user, and how its passwords are hashed: nothing of them. */
export interface UserDescription {
  readonly name: string;
  readonly credentials: readonly { readonly mechanism: ScramMechanism; readonly iterations: number }[];
}

/** A password as a client has salted it: PBKDF2 with the hash of the mechanism. */
export interface SaltedPassword {
  readonly saltedPassword: Buffer;
  readonly salt: Buffer;
  readonly iterations: number;
}

/** One credential of a user. */
export interface UserMechanism {
  readonly name: string;
  readonly mechanism: ScramMechanism;
}

/** The users of a broker that asks who its clients are. */
export interface Users {
  /** Their names, in order. */
  list(): readonly string[];
  /** Null: there is no such user. */
  describe(name: string): UserDescription | null;
  /**
   * Makes a user, or gives one another password, of 1 to 1,024 characters. Durable when it resolves. Connections that
   * the user has go on. @throws QError INVALID_REQUEST; BROKER_BUSY when many passwords are being checked
   */
  setPassword(name: string, password: string, by?: Author): Promise<void>;
  /**
   * The same for one mechanism, of a password that the broker does not see. Whoever has only this credential comes in
   * by this mechanism, or by PLAIN. Durable when it resolves. @throws QError INVALID_REQUEST
   */
  setSaltedPassword(user: UserMechanism, salted: SaltedPassword, by?: Author): Promise<void>;
  /** Takes one credential away, and the user with the last one. False: there is none. Durable when it resolves. */
  removeCredential(user: UserMechanism, by?: Author): Promise<boolean>;
  /** False: there is no such user. Durable when it resolves. Its connections are served no more. */
  remove(name: string, by?: Author): Promise<boolean>;
}

interface UsersOptions {
  readonly users: UserStore;
  readonly salt: SaltPassword;
  readonly random: Random;
  readonly audit: AuditNotes;
}

export function usersOf({ users, salt: saltPassword, random, audit }: UsersOptions): Users {
  const noted = noting(users, audit);
  return {
    list: () => users.list().map(({ name }) => name),
    describe: (name) => {
      const user = users.find(name);
      return user === undefined ? null : descriptionOf(user);
    },
    setSaltedPassword: async ({ name, mechanism }, salted, by) => {
      checkUserName(name);
      checkSalted(mechanism, salted);
      const { saltedPassword, iterations } = salted;
      // Views of a request would keep it, and its memory is used again.
      const given = { saltedPassword, salt: Buffer.from(salted.salt), iterations };
      await noted({ name, by }, async (changed) => {
        await users.setCredential(name, mechanism, scramCredential(mechanism, given));
        changed();
      });
    },
    removeCredential: ({ name, mechanism }, by) =>
      noted({ name, by }, async (changed) => {
        const isThere = await users.removeCredential(name, mechanism);
        if (isThere) changed();
        return isThere;
      }),
    remove: (name, by) =>
      noted({ name, by }, async (changed) => {
        const isThere = await users.remove(name);
        if (isThere) changed();
        return isThere;
      }),
    setPassword: async (name, password, by) => {
      checkUserName(name);
      if (typeof password !== 'string' || password.length === 0 || password.length > passwordCharactersMax)
        throw new QError('INVALID_REQUEST', `a password has 1 to ${passwordCharactersMax} characters`);
      await noted({ name, by }, async (changed) => {
        for (const mechanism of scramMechanisms) {
          const salt = random.bytes(saltBytes);
          const iterations = iterationsByDefault;
          const saltedPassword = await saltPassword(mechanism, { password, salt, iterations });
          await users.setCredential(name, mechanism, scramCredential(mechanism, { saltedPassword, salt, iterations }));
          changed();
        }
      });
    },
  };
}

/** Whoever changes a user calls `changed` when something of it is durable: what fails later is noted all the same. */
type Noted = <T>(
  who: { readonly name: string; readonly by: Author | undefined },
  change: (changed: () => void) => Promise<T>,
) => Promise<T>;

function noting(users: UserStore, audit: AuditNotes): Noted {
  const mechanismsOf = (name: string): string[] | null => {
    const user = users.find(name);
    return user === undefined ? null : [...user.credentials.keys()].sort();
  };
  return async ({ name, by = null }, change) => {
    const before = mechanismsOf(name);
    let hasChanged = false;
    try {
      return await change(() => (hasChanged = true));
    } finally {
      if (hasChanged) audit.note(userEntry({ name, by, before, after: mechanismsOf(name) }));
    }
  };
}

function userEntry({
  name,
  by,
  before,
  after,
}: {
  readonly name: string;
  readonly by: Author | null;
  readonly before: string[] | null;
  readonly after: string[] | null;
}): AuditEntry {
  const changed = after === null ? 'audit.user_deleted' : 'audit.user_credentials_changed';
  return {
    event: before === null && after !== null ? 'audit.user_created' : changed,
    by,
    operation: 'alter',
    resource: { type: 'user', name },
    ...(before !== null && { before: { mechanisms: before } }),
    ...(after !== null && { after: { mechanisms: after } }),
  };
}

function descriptionOf({ name, credentials }: User): UserDescription {
  return {
    name,
    credentials: [...credentials].map(([mechanism, credential]) => ({ mechanism, iterations: credential.iterations })),
  };
}

/** @throws QError INVALID_REQUEST */
function checkSalted(mechanism: ScramMechanism, { saltedPassword, salt, iterations }: SaltedPassword): void {
  const { scramIterationsMin, scramIterationsMax, saltBytesMin, saltBytesMax } = securityLimits;
  const { bytes } = scramHash(mechanism);
  const refuse = (field: string, value: number, allowed: string): never => {
    const message = `${field} of a password for ${mechanism} is ${value}; allowed is ${allowed}`;
    throw new QError('INVALID_REQUEST', message, { details: { field, value, allowed } });
  };
  if (!Number.isSafeInteger(iterations) || iterations < scramIterationsMin || iterations > scramIterationsMax)
    refuse('iterations', iterations, `${scramIterationsMin} to ${scramIterationsMax}`);
  if (salt.length < saltBytesMin || salt.length > saltBytesMax)
    refuse('length of the salt', salt.length, `${saltBytesMin} to ${saltBytesMax} bytes`);
  if (saltedPassword.length !== bytes) refuse('length of the salted password', saltedPassword.length, `${bytes} bytes`);
}

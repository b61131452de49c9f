/**
 * Gives users their passwords: both SCRAM credentials of each, so that whatever mechanism a client has will do.
 */
import { QError, scramCredential, scramHash } from '@q/protocol';
import type { ScramMechanism } from '@q/protocol';
import { checkUserName, scramMechanisms, securityLimits } from '@q/security';
import type { User } from '@q/security';
import type { Random } from '../../random.ts';
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
  setPassword(name: string, password: string): Promise<void>;
  /**
   * The same for one mechanism, of a password that the broker does not see. Whoever has only this credential comes in
   * by this mechanism, or by PLAIN. Durable when it resolves. @throws QError INVALID_REQUEST
   */
  setSaltedPassword(name: string, mechanism: ScramMechanism, salted: SaltedPassword): Promise<void>;
  /** Takes one credential away, and the user with the last one. False: there is none. Durable when it resolves. */
  removeCredential(name: string, mechanism: ScramMechanism): Promise<boolean>;
  /** False: there is no such user. Durable when it resolves. Connections that the user has go on. */
  remove(name: string): Promise<boolean>;
}

export function usersOf({
  users,
  salt: saltPassword,
  random,
}: {
  readonly users: UserStore;
  readonly salt: SaltPassword;
  readonly random: Random;
}): Users {
  return {
    list: () => users.list().map(({ name }) => name),
    describe: (name) => {
      const user = users.find(name);
      return user === undefined ? null : descriptionOf(user);
    },
    setSaltedPassword: async (name, mechanism, salted) => {
      checkUserName(name);
      checkSalted(mechanism, salted);
      const { saltedPassword, iterations } = salted;
      // Views of a request would keep it, and its memory is used again.
      const given = { saltedPassword, salt: Buffer.from(salted.salt), iterations };
      await users.setCredential(name, mechanism, scramCredential(mechanism, given));
    },
    removeCredential: (name, mechanism) => users.removeCredential(name, mechanism),
    remove: (name) => users.remove(name),
    setPassword: async (name, password) => {
      checkUserName(name);
      if (typeof password !== 'string' || password.length === 0 || password.length > passwordCharactersMax)
        throw new QError('INVALID_REQUEST', `a password has 1 to ${passwordCharactersMax} characters`);
      for (const mechanism of scramMechanisms) {
        const salt = random.bytes(saltBytes);
        const iterations = iterationsByDefault;
        const saltedPassword = await saltPassword(mechanism, { password, salt, iterations });
        await users.setCredential(name, mechanism, scramCredential(mechanism, { saltedPassword, salt, iterations }));
      }
    },
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

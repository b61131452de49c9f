/**
 * Gives users their passwords: both SCRAM credentials of each, so that whatever mechanism a client has will do.
 */
import { QError, scramCredential } from '@q/protocol';
import { checkUserName, scramMechanisms } from '@q/security';
import type { Random } from '../../random.ts';
import type { SaltPassword } from './key-derivation.ts';
import type { UserStore } from './user-store.ts';

/** The most that Kafka's tools take. */
const iterations = 16_384;
const saltBytes = 16;
const passwordCharactersMax = 1_024;

/** The users of a broker that asks who its clients are. */
export interface Users {
  /** Their names, in order. */
  list(): readonly string[];
  /**
   * Makes a user, or gives one another password, of 1 to 1,024 characters. Durable when it resolves. Connections that
   * the user has go on. @throws QError INVALID_REQUEST; BROKER_BUSY when many passwords are being checked
   */
  setPassword(name: string, password: string): Promise<void>;
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
    remove: (name) => users.remove(name),
    setPassword: async (name, password) => {
      checkUserName(name);
      if (typeof password !== 'string' || password.length === 0 || password.length > passwordCharactersMax)
        throw new QError('INVALID_REQUEST', `a password has 1 to ${passwordCharactersMax} characters`);
      for (const mechanism of scramMechanisms) {
        const salt = random.bytes(saltBytes);
        const saltedPassword = await saltPassword(mechanism, { password, salt, iterations });
        await users.setCredential(name, mechanism, scramCredential(mechanism, { saltedPassword, salt, iterations }));
      }
    },
  };
}

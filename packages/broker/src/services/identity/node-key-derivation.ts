import { scramHash } from '@q/protocol';
import type { SaltPassword } from './key-derivation.ts';

/** In the thread pool. */
export const nodeSaltPassword: SaltPassword = (mechanism, { password, salt, iterations }) => {
  const { name, bytes } = scramHash(mechanism);
  return new Promise((resolve, reject) => {
    process.getBuiltinModule('node:crypto').pbkdf2(password, salt, iterations, bytes, name, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
};

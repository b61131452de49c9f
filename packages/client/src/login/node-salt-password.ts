import { scramHash } from '@q/protocol';
import type { ScramMechanism } from '@q/protocol';

/** Salts a password in the thread pool: it takes the machine milliseconds to seconds. */
export function nodeSaltPassword(
  mechanism: ScramMechanism,
  { password, salt, iterations }: { readonly password: string; readonly salt: Buffer; readonly iterations: number },
): Promise<Buffer> {
  const { name, bytes } = scramHash(mechanism);
  return new Promise((resolve, reject) => {
    process.getBuiltinModule('node:crypto').pbkdf2(password, salt, iterations, bytes, name, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/**
 * What is told to whoever comes with a name that nobody has: a salt that is the same each time, so that names that
 * there are cannot be told from others, and keys that no password fits.
 */
import { scramHash } from '@q/protocol';
import type { ScramCredential, ScramMechanism } from '@q/protocol';

/** As many as users get by default. */
const iterations = 16_384;
const saltBytes = 16;

/** `secret`: bytes that stay the same for the life of a cluster, and that nobody else knows. */
export function madeUpCredential(secret: Buffer, mechanism: ScramMechanism, username: string): ScramCredential {
  const { name, bytes } = scramHash(mechanism);
  const from = (what: string): Buffer =>
    process.getBuiltinModule('node:crypto').createHmac(name, secret).update(`${what}\0${username}`).digest();
  return {
    salt: from('salt').subarray(0, saltBytes),
    iterations,
    storedKey: from('stored key').subarray(0, bytes),
    serverKey: from('server key').subarray(0, bytes),
  };
}

/**
 * What is told to whoever comes with a name that nobody has: a salt that is the same each time, so that names that
 * there are cannot be told from others, and keys that no password fits.
 */
import { scramHash } from '@q/protocol';
import type { ScramCredential, ScramMechanism } from '@q/protocol';

/** As many as users get by default: where nobody has a password for the mechanism. */
const iterationsByDefault = 16_384;
const saltBytes = 16;

/** How many users have their passwords hashed in so many rounds. */
export type RoundsInUse = ReadonlyMap<number, number>;

/** `secret`: bytes that stay the same for the life of a cluster, and that nobody else knows. */
export function madeUpCredential(
  secret: Buffer,
  mechanism: ScramMechanism,
  { username, rounds }: { readonly username: string; readonly rounds: RoundsInUse },
): ScramCredential {
  const { name, bytes } = scramHash(mechanism);
  const from = (what: string): Buffer =>
    process.getBuiltinModule('node:crypto').createHmac(name, secret).update(`${what}\0${username}`).digest();
  return {
    salt: from('salt').subarray(0, saltBytes),
    iterations: roundsOf(from('rounds').readUInt32LE(0), rounds),
    storedKey: from('stored key').subarray(0, bytes),
    serverKey: from('server key').subarray(0, bytes),
  };
}

/**
 * Rounds that users have, each with the chance by which a user has them: so they do not tell who is one. A draw for
 * each number of rounds, weighted, of which the best one wins: when a user comes or goes, hardly a name gets others.
 */
function roundsOf(seed: number, rounds: RoundsInUse): number {
  let best = iterationsByDefault;
  let bestAt = Infinity;
  for (const [iterations, users] of rounds) {
    const at = -Math.log(drawOf(seed, iterations)) / users;
    if (at >= bestAt) continue;
    best = iterations;
    bestAt = at;
  }
  return best;
}

/** Above 0 and below 1. One hash for all draws of a name: strangers ask for them, and users may have thousands. */
function drawOf(seed: number, iterations: number): number {
  let mixed = seed ^ Math.imul(iterations, 0x9e_37_79_b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7f_eb_35_2d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x84_6c_a6_8b);
  return (((mixed ^ (mixed >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}

/**
 * A user as it is stored, under its name: JSON, with all bytes in Base64. For ever.
 *
 *     {"version":1,"credentials":{"SCRAM-SHA-256":{"salt":"…","iterations":16384,"storedKey":"…","serverKey":"…"}}}
 */
import type { ScramCredential, ScramMechanism } from '@q/protocol';
import { scramMechanisms } from './user.ts';
import type { User } from './user.ts';
import { isObject, parseStoredObject } from '../stored-object.ts';

const version = 1;

interface StoredCredential {
  readonly salt: string;
  readonly iterations: number;
  readonly storedKey: string;
  readonly serverKey: string;
}

/** A user as it is stored. */
export function encodeUser({ credentials }: User): string {
  const stored: Partial<Record<ScramMechanism, StoredCredential>> = {};
  for (const mechanism of scramMechanisms) {
    const credential = credentials.get(mechanism);
    if (credential !== undefined) stored[mechanism] = storedOf(credential);
  }
  return JSON.stringify({ version, credentials: stored });
}

function storedOf({ salt, iterations, storedKey, serverKey }: ScramCredential): StoredCredential {
  return {
    salt: salt.toString('base64'),
    iterations,
    storedKey: storedKey.toString('base64'),
    serverKey: serverKey.toString('base64'),
  };
}

/** Null for a record that this version cannot read: such a user is not let in, and not forgotten. */
export function decodeUser(name: string, text: string): User | null {
  const value = parseStoredObject(text);
  if (value?.['version'] !== version || !isObject(value['credentials'])) return null;
  const credentials = new Map<ScramMechanism, ScramCredential>();
  for (const mechanism of scramMechanisms) {
    const stored = value['credentials'][mechanism];
    if (stored === undefined) continue;
    const credential = credentialOf(stored);
    if (credential === null) return null;
    credentials.set(mechanism, credential);
  }
  return { name, credentials };
}

function credentialOf(stored: unknown): ScramCredential | null {
  if (!isObject(stored)) return null;
  const { salt, iterations, storedKey, serverKey } = stored;
  if (typeof salt !== 'string' || typeof storedKey !== 'string' || typeof serverKey !== 'string') return null;
  if (typeof iterations !== 'number' || !Number.isSafeInteger(iterations) || iterations < 1) return null;
  return {
    salt: Buffer.from(salt, 'base64'),
    iterations,
    storedKey: Buffer.from(storedKey, 'base64'),
    serverKey: Buffer.from(serverKey, 'base64'),
  };
}

/**
 * The keys of a SCRAM exchange (RFC 5802, section 3):
 *
 *     SaltedPassword  := PBKDF2(password, salt, iterations)
 *     ClientKey       := HMAC(SaltedPassword, "Client Key")     StoredKey := H(ClientKey)
 *     ServerKey       := HMAC(SaltedPassword, "Server Key")
 *     ClientSignature := HMAC(StoredKey, AuthMessage)           ClientProof := ClientKey XOR ClientSignature
 *     ServerSignature := HMAC(ServerKey, AuthMessage)
 *
 * Passwords are taken as the UTF-8 bytes that they are, as Kafka and its clients do, and not prepared by SASLprep.
 */
import { crypto } from './node-crypto.ts';
import { scramHash } from './scram-mechanism.ts';
import type { ScramMechanism } from './scram-mechanism.ts';

/** What a server keeps of a password: enough to check a client, not enough to be one. */
export interface ScramCredential {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** What both sides sign: the messages of the exchange, as they were sent. */
export interface ScramTranscript {
  readonly clientFirstBare: string;
  readonly serverFirst: string;
  readonly clientFinalWithoutProof: string;
}

/** The credential of a password that was salted already. */
export function scramCredential(
  mechanism: ScramMechanism,
  { saltedPassword, salt, iterations }: Pick<ScramCredential, 'salt' | 'iterations'> & { saltedPassword: Buffer },
): ScramCredential {
  return {
    salt,
    iterations,
    storedKey: hash(mechanism, clientKey(mechanism, saltedPassword)),
    serverKey: hmac(mechanism, saltedPassword, 'Server Key'),
  };
}

/** The proof of a client, of as many bytes as the hash has. */
export function clientProof(mechanism: ScramMechanism, saltedPassword: Buffer, transcript: ScramTranscript): Buffer {
  const key = clientKey(mechanism, saltedPassword);
  return xor(key, hmac(mechanism, hash(mechanism, key), authMessage(transcript)));
}

/** Whether a client's proof shows that it knows the password. Takes as long for a wrong one as for the right one. */
export function proofIsRight(
  mechanism: ScramMechanism,
  { storedKey }: Pick<ScramCredential, 'storedKey'>,
  { proof, transcript }: { readonly proof: Buffer; readonly transcript: ScramTranscript },
): boolean {
  const { bytes } = scramHash(mechanism);
  // A proof of another length is compared all the same, and found wrong.
  const given = Buffer.alloc(bytes);
  proof.copy(given);
  const key = xor(given, hmac(mechanism, storedKey, authMessage(transcript)));
  return crypto().timingSafeEqual(hash(mechanism, key), storedKey) && proof.length === bytes;
}

/** By what a server shows that it knows the credential. */
export function serverSignature(
  mechanism: ScramMechanism,
  { serverKey }: Pick<ScramCredential, 'serverKey'>,
  transcript: ScramTranscript,
): Buffer {
  return hmac(mechanism, serverKey, authMessage(transcript));
}

function clientKey(mechanism: ScramMechanism, saltedPassword: Buffer): Buffer {
  return hmac(mechanism, saltedPassword, 'Client Key');
}

function authMessage({ clientFirstBare, serverFirst, clientFinalWithoutProof }: ScramTranscript): string {
  return `${clientFirstBare},${serverFirst},${clientFinalWithoutProof}`;
}

function hash(mechanism: ScramMechanism, bytes: Buffer): Buffer {
  return crypto().createHash(scramHash(mechanism).name).update(bytes).digest();
}

function hmac(mechanism: ScramMechanism, key: Buffer, text: string): Buffer {
  return crypto().createHmac(scramHash(mechanism).name, key).update(text).digest();
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ right[index]!));
}

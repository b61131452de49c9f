/**
 * The one message of PLAIN (RFC 4616): `[AUTHZID] NUL USER NUL PASSWORD`, in UTF-8. It has the password as it is, so it
 * goes over TLS alone.
 */
import { SaslFault } from './sasl-fault.ts';

/** What the message says. */
export interface PlainMessage {
  /** Who the client wants to act as; empty: as the user. */
  readonly authorizationId: string;
  readonly username: string;
  readonly password: string;
}

/** Bounds of a message, in bytes: a hash of more would be work that a stranger asks for. */
export const plainMessageBytesMax = 4_096;

/** @throws SaslFault */
export function parsePlain(message: Buffer): PlainMessage {
  if (message.length > plainMessageBytesMax)
    throw new SaslFault(`a message of PLAIN has at most ${plainMessageBytesMax} bytes`);
  const parts = decoded(message).split('\0');
  const [authorizationId, username, password] = parts;
  if (parts.length !== 3 || authorizationId === undefined || !username || !password)
    throw new SaslFault('a message of PLAIN is three parts with a NUL between them; user and password are not empty');
  return { authorizationId, username, password };
}

/** @throws SaslFault for a NUL in one of them */
export function formatPlain({ authorizationId, username, password }: PlainMessage): Buffer {
  const parts = [authorizationId, username, password];
  if (parts.some((part) => part.includes('\0'))) throw new SaslFault('neither name nor password may have a NUL');
  return Buffer.from(parts.join('\0'));
}

function decoded(message: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message);
  } catch {
    throw new SaslFault('a message of PLAIN is not valid UTF-8');
  }
}

/**
 * A message of an authentication that breaks the rules of its mechanism. The message is for the log of its reader: it
 * has none of the peer's secrets, and a server does not tell it to whoever wants to be let in.
 */
export class SaslFault extends Error {
  override readonly name = 'SaslFault';
}

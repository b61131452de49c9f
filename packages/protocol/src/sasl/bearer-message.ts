/**
 * The messages of OAUTHBEARER (RFC 7628), where ^A is the byte 1:
 *
 *     client   n,[a=AUTHZID],^Aauth=Bearer TOKEN^A[KEY=VALUE^A…]^A
 *     server   nothing when it lets the client in, else {"status":"invalid_token"}, which the client answers with ^A
 */
import { SaslFault } from './sasl-fault.ts';

/** What a client says. */
export interface BearerMessage {
  /** Who the client wants to act as; empty: as the token says. */
  readonly authorizationId: string;
  readonly token: string;
  /** Further pairs, without `auth`. Kafka calls them SASL extensions. */
  readonly extensions: ReadonlyMap<string, string>;
}

/** Bounds of what a client says. Tokens with many claims have some KiB. */
export const bearerLimits = { messageBytesMax: 32_768, extensionsMax: 32 } as const;

const separator = '\u0001';

/** What a client answers a refusal with, so that the server can end the exchange. */
export const bearerGiveUp: Buffer = Buffer.from([1]);

/** @throws SaslFault */
export function parseBearer(message: Buffer): BearerMessage {
  if (message.length > bearerLimits.messageBytesMax)
    throw new SaslFault(`a message of OAUTHBEARER has at most ${bearerLimits.messageBytesMax} bytes`);
  const text = message.toString('utf8');
  const [header = '', ...pairs] = text.split(separator);
  const said = /^n,(?:a=([^,]*))?,$/.exec(header);
  // Two separators end the message, so that two empty parts are behind the last pair.
  if (said === null || pairs.length < 3 || pairs.pop() !== '' || pairs.pop() !== '')
    throw new SaslFault('a message of OAUTHBEARER is malformed');
  if (pairs.length > bearerLimits.extensionsMax + 1)
    throw new SaslFault(`at most ${bearerLimits.extensionsMax} extensions are taken`);
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const [, key, value] = /^([A-Za-z]+)=(.*)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined || values.has(key))
      throw new SaslFault('a pair of a message of OAUTHBEARER is malformed, or there twice');
    values.set(key, value);
  }
  const token = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(values.get('auth') ?? '')?.[1];
  if (token === undefined) throw new SaslFault('a message of OAUTHBEARER has no token');
  values.delete('auth');
  return { authorizationId: said[1] ?? '', token, extensions: values };
}

/** What a client says that acts as its token says. */
export function formatBearer(token: string): Buffer {
  return Buffer.from(`n,,\u0001auth=Bearer ${token}\u0001\u0001`);
}

/** What a server answers a token with that it does not take: a JSON text. */
export const bearerRefusal: Buffer = Buffer.from('{"status":"invalid_token"}');

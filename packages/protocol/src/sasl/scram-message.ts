/**
 * The four messages of a SCRAM exchange (RFC 5802, section 7), as text:
 *
 *     client-first   n,[a=AUTHZID],n=USER,r=NONCE[,EXTENSION…]
 *     server-first   r=NONCE,s=SALT,i=ITERATIONS[,EXTENSION…]
 *     client-final   c=GS2-HEADER,r=NONCE[,EXTENSION…],p=PROOF
 *     server-final   v=SIGNATURE | e=ERROR
 *
 * Salts, headers, proofs and signatures are in Base64; a `,` and a `=` in names are written `=2C` and `=3D`. Everything
 * is bounded by `scramLimits`, and anything else is a SaslFault.
 */
import { SaslFault } from './sasl-fault.ts';
import { scramLimits } from './scram-mechanism.ts';

/** The first message of a client. */
export interface ClientFirst {
  /** `n,,` or `n,a=…,`: what comes back, in Base64, in the client's last message. */
  readonly gs2Header: string;
  /** Who the client wants to act as; empty: as the user. */
  readonly authorizationId: string;
  readonly username: string;
  readonly nonce: string;
  /** The message without its header, as both sides sign it. */
  readonly bare: string;
}

/** What a server answers it with. */
export interface ServerFirst {
  /** The client's, and what the server has added. */
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

/** The last message of a client. */
export interface ClientFinal {
  readonly gs2Header: string;
  readonly nonce: string;
  readonly proof: Buffer;
  /** The message without its proof, as both sides sign it. */
  readonly withoutProof: string;
}

/** What a server answers that with. */
export type ServerFinal =
  | { readonly signature: Buffer; readonly error: null }
  | { readonly signature: null; readonly error: string };

const gs2 = /^(n|y|p=[A-Za-z0-9.-]{1,64}),(?:a=([^,]*))?,/;

/** @throws SaslFault */
export function parseClientFirst(text: string): ClientFirst {
  checkLength(text);
  const header = gs2.exec(text);
  if (header === null) throw new SaslFault('the first message of a client does not begin with a header');
  if (header[1] !== 'n') throw new SaslFault('the client wants channel binding, which is not offered');
  const gs2Header = header[0];
  const bare = text.slice(gs2Header.length);
  const parts = bare.split(',');
  if (parts[0]?.startsWith('m=') === true) throw new SaslFault('the client demands an extension that is not known');
  const username = nameIn(attribute(parts[0], 'n'));
  if (username.length === 0) throw new SaslFault('the user has no name');
  const nonce = checkNonce(attribute(parts[1], 'r'));
  checkExtensions(parts.slice(2));
  return { gs2Header, authorizationId: nameIn(header[2] ?? ''), username, nonce, bare };
}

/** The first message of a client that acts as nobody else. */
export function formatClientFirst({ username, nonce }: { readonly username: string; readonly nonce: string }): string {
  return `n,,n=${nameOut(username)},r=${nonce}`;
}

/** @throws SaslFault also for fewer iterations than are safe, or more than are bearable */
export function parseServerFirst(text: string): ServerFirst {
  checkLength(text);
  const parts = text.split(',');
  if (parts[0]?.startsWith('m=') === true) throw new SaslFault('the server demands an extension that is not known');
  const nonce = checkNonce(attribute(parts[0], 'r'));
  const salt = base64(attribute(parts[1], 's'), 'a salt');
  const iterationsText = attribute(parts[2], 'i');
  checkExtensions(parts.slice(3));
  const { saltBytesMax, iterationsMin, iterationsMax } = scramLimits;
  if (salt.length === 0 || salt.length > saltBytesMax) throw new SaslFault(`a salt has 1 to ${saltBytesMax} bytes`);
  const iterations = /^[1-9]\d{0,8}$/.test(iterationsText) ? Number(iterationsText) : 0;
  if (iterations < iterationsMin || iterations > iterationsMax)
    throw new SaslFault(`the server asks for ${iterations} iterations; ${iterationsMin} to ${iterationsMax} are taken`);
  return { nonce, salt, iterations };
}

/** What a server answers the first message of a client with. */
export function formatServerFirst({ nonce, salt, iterations }: ServerFirst): string {
  return `r=${nonce},s=${salt.toString('base64')},i=${iterations}`;
}

/** @throws SaslFault */
export function parseClientFinal(text: string): ClientFinal {
  checkLength(text);
  const proofAt = text.lastIndexOf(',p=');
  if (proofAt < 0) throw new SaslFault('the last message of a client has no proof');
  const withoutProof = text.slice(0, proofAt);
  const parts = withoutProof.split(',');
  const gs2Header = base64(attribute(parts[0], 'c'), 'a header').toString('utf8');
  const nonce = checkNonce(attribute(parts[1], 'r'));
  checkExtensions(parts.slice(2));
  return { gs2Header, nonce, proof: base64(text.slice(proofAt + ',p='.length), 'a proof'), withoutProof };
}

/** The last message of a client, but for its proof. */
export function formatClientFinalWithoutProof({ nonce }: { readonly nonce: string }): string {
  return `c=${Buffer.from('n,,').toString('base64')},r=${nonce}`;
}

/** @throws SaslFault */
export function parseServerFinal(text: string): ServerFinal {
  checkLength(text);
  const [first, ...rest] = text.split(',');
  checkExtensions(rest);
  if (first?.startsWith('e=') === true) return { signature: null, error: first.slice('e='.length) };
  return { signature: base64(attribute(first, 'v'), 'a signature'), error: null };
}

/** The last message of a server that lets the client in. */
export function formatServerFinal(signature: Buffer): string {
  return `v=${signature.toString('base64')}`;
}

function checkLength(text: string): void {
  if (Buffer.byteLength(text) > scramLimits.messageBytesMax)
    throw new SaslFault(`a message has at most ${scramLimits.messageBytesMax} bytes`);
}

function attribute(part: string | undefined, name: string): string {
  if (part?.startsWith(`${name}=`) !== true) throw new SaslFault(`the attribute ${name} is not where it belongs`);
  return part.slice(name.length + 1);
}

/** Printable ASCII but for the comma (RFC 5802); what clients use of it differs much. */
function checkNonce(nonce: string): string {
  const { nonceCharactersMax } = scramLimits;
  if (nonce.length === 0 || nonce.length > nonceCharactersMax || !/^[\x21-\x2b\x2d-\x7e]+$/.test(nonce))
    throw new SaslFault(`a nonce is 1 to ${nonceCharactersMax} printable characters without a comma`);
  return nonce;
}

/** Extensions that are not demanded (`m=`) may be left aside, as the RFC has it. */
function checkExtensions(parts: readonly string[]): void {
  if (!parts.every((part) => /^[A-Za-ln-z]=./s.test(part))) throw new SaslFault('an extension is malformed');
}

function base64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  // Node's decoder skips what it does not know.
  if (bytes.toString('base64') !== text) throw new SaslFault(`${what} is not in Base64`);
  return bytes;
}

function nameIn(text: string): string {
  if (/=(?!2C|3D)/.test(text)) throw new SaslFault('a name has a = that is not =2C or =3D');
  const name = text.replaceAll('=2C', ',').replaceAll('=3D', '=');
  const { usernameCharactersMax } = scramLimits;
  if (name.length > usernameCharactersMax || /\p{Cc}/u.test(name))
    throw new SaslFault(`a name has at most ${usernameCharactersMax} characters, none of them a control character`);
  return name;
}

function nameOut(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

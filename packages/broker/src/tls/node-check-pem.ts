/**
 * Looks at certificates and keys before they are used, so that what is wrong with them is said in words and with the
 * place that they are from. OpenSSL says `no start line` for half of it.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { formatDistinguishedName, parseSubject } from '@q/security';
import type { CertificateFacts } from './certificate-facts.ts';

/** PEM, and where it is from: `/etc/q/tls.crt`, `listeners.outside.tls.cert`. */
export interface PemText {
  readonly text: string;
  readonly from: string;
}

const blockPattern = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;
/** Of one chain, or of one file of authorities: those of the web are some 150. */
const blocksMax = 1_000;
/** Of one certificate, that are shown. */
const namesMax = 100;

/** @throws Error that says what is wrong with which */
export function checkPair(cert: PemText, key: PemText, nowMs: number): CertificateFacts {
  const [own] = certificatesIn(cert);
  const certificate = own!;
  const facts = factsOf(certificate);
  const shown = `the certificate in ${cert.from} (${facts.subject})`;
  if (facts.validToMs <= nowMs) throw new Error(`${shown} has expired, at ${isoOf(facts.validToMs)}`);
  if (facts.validFromMs > nowMs) throw new Error(`${shown} is not valid yet, but from ${isoOf(facts.validFromMs)}`);
  if (!certificate.checkPrivateKey(privateKeyIn(key)))
    throw new Error(`the key in ${key.from} is not the key of ${shown}`);
  return facts;
}

/** @throws Error as `checkPair` */
export function checkAuthorities(ca: PemText): void {
  certificatesIn(ca);
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    subject: formatDistinguishedName(parseSubject(certificate.subject)),
    issuer: formatDistinguishedName(parseSubject(certificate.issuer)),
    names: namesOf(certificate),
    serial: certificate.serialNumber,
    validFromMs: Date.parse(certificate.validFrom),
    validToMs: Date.parse(certificate.validTo),
  };
}

/** As Node writes them, `DNS:localhost, IP Address:127.0.0.1`, to be shown. */
function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  const names = subjectAltName.split(', ', namesMax).map((name) => name.replace(/^[\w ]+:/, ''));
  return names.filter((name) => name !== '');
}

function certificatesIn({ text, from }: PemText): X509Certificate[] {
  const blocks = [...text.matchAll(blockPattern)].slice(0, blocksMax);
  const own = blocks.filter(([, type]) => type === 'CERTIFICATE' || type === 'TRUSTED CERTIFICATE');
  if (own.length === 0) throw new Error(`${from} holds no certificate in PEM${insteadOf(text, blocks)}`);
  return own.map(([pem], at) => {
    try {
      return new X509Certificate(pem);
    } catch (error) {
      const which = own.length === 1 ? 'the certificate' : `certificate ${at + 1} of ${own.length}`;
      throw new Error(`${which} in ${from} cannot be read: ${(error as Error).message}`, { cause: error });
    }
  });
}

function privateKeyIn({ text, from }: PemText): KeyObject {
  const blocks = [...text.matchAll(blockPattern)];
  const block = blocks.find(([, type]) => type!.endsWith('PRIVATE KEY'));
  if (block === undefined) throw new Error(`${from} holds no private key in PEM${insteadOf(text, blocks)}`);
  if (block[1] === 'ENCRYPTED PRIVATE KEY' || block[0].includes('Proc-Type: 4,ENCRYPTED'))
    throw new Error(
      `the key in ${from} is encrypted with a passphrase; write it without one (openssl pkey -in … -out …), readable by the broker alone`,
    );
  try {
    return createPrivateKey(block[0]);
  } catch (error) {
    throw new Error(`the key in ${from} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** What stands there instead, without a byte of it. */
function insteadOf(text: string, blocks: readonly RegExpMatchArray[]): string {
  if (blocks.length > 0) return `, but ${[...new Set(blocks.map(([, type]) => type))].join(', ')}`;
  if (text.trim() === '') return '; it is empty';
  return text.includes('-----BEGIN') ? '; it is cut off' : '';
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

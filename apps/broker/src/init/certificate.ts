/**
 * Makes X.509 certificates (RFC 5280) of keys on P-256: those of a development authority, and nothing else.
 *
 * Of our own, because Node reads certificates and makes none, and what makes them weighs more than it is worth here:
 * `@peculiar/x509` 2.2 is 20 packages and 4.9 MB and wants a global polyfill, `pkijs` 4.0 is 2.4 MB, `node-forge` 1.4
 * is 1.8 MB, has cryptography of its own and certificates for RSA alone. This signs with Node's own cryptography, reads
 * nothing that comes from outside, and its tests have OpenSSL read and verify what it makes.
 *
 *     Certificate  SEQUENCE { TBSCertificate, ecdsa-with-SHA256, BIT STRING signature }
 *     TBS          SEQUENCE { [0] v3, serial, algorithm, issuer, validity, subject, public key, [3] extensions }
 */
import { createHash, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { bits, explicit, implicit, integer, isTrue, objectId, octets, sequence, set, time, utf8 } from './der.ts';
import { addressBytes } from './ip-address.ts';

/** What a certificate is for. */
export type CertificateUse = 'authority' | 'server' | 'client';

export interface CertificateRequest {
  readonly use: CertificateUse;
  /** The common name of the subject. */
  readonly name: string;
  /** Host names and IP addresses of a server. */
  readonly hosts?: readonly string[];
  readonly publicKey: KeyObject;
  readonly validFrom: Date;
  readonly validUntil: Date;
  /** 1 to 19 random bytes: no two certificates of an authority have the same. */
  readonly serial: Buffer;
}

/** Who signs. Of an authority's own certificate its name and key are the subject's. */
export interface Issuer {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'));
const version3 = explicit(0, integer(Buffer.from([2])));

/** The certificate in PEM. */
export function makeCertificate(request: CertificateRequest, issuer: Issuer): string {
  const { name, publicKey, validFrom, validUntil, serial } = request;
  const signed = sequence(
    version3,
    integer(serial),
    ecdsaWithSha256,
    commonName(issuer.name),
    sequence(time(validFrom), time(validUntil)),
    commonName(name),
    publicKeyInfo(publicKey),
    explicit(3, sequence(...extensions(request, issuer))),
  );
  const signature = sign('sha256', signed, issuer.privateKey);
  return toPem(sequence(signed, ecdsaWithSha256, bits(signature)));
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(objectId('2.5.4.3'), utf8(name))));
}

function publicKeyInfo(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function extensions({ use, hosts = [], publicKey }: CertificateRequest, issuer: Issuer): Buffer[] {
  const isAuthority = use === 'authority';
  return [
    critical('2.5.29.19', isAuthority ? sequence(isTrue, integer(Buffer.from([0]))) : sequence()),
    // keyCertSign and cRLSign, or digitalSignature: the bits count from the left.
    critical('2.5.29.15', isAuthority ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7)),
    ...(isAuthority ? [] : [extension('2.5.29.37', sequence(objectId(purposes[use])))]),
    extension('2.5.29.14', octets(keyIdentifier(publicKey))),
    extension('2.5.29.35', sequence(implicit(0, keyIdentifier(issuer.publicKey)))),
    ...(hosts.length === 0 ? [] : [extension('2.5.29.17', sequence(...hosts.map(alternativeName)))]),
  ];
}

const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), octets(value));
}

/** One that whoever does not know it must not pass over. */
function critical(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), isTrue, octets(value));
}

/** RFC 7093, method 1: of the bits of the key alone, which on P-256 are the last 65 bytes. */
function keyIdentifier(key: KeyObject): Buffer {
  const point = publicKeyInfo(key).subarray(-65);
  return createHash('sha256').update(point).digest().subarray(0, 20);
}

function alternativeName(host: string): Buffer {
  const address = addressBytes(host);
  return address === null ? implicit(2, Buffer.from(host, 'latin1')) : implicit(7, address);
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

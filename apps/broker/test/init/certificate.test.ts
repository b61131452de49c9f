/** What `q-broker init --secure` makes is read and verified by OpenSSL (A2, O3; SEC-10). */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../src/init/certificate.ts';
import { integer, objectId, time } from '../../src/init/der.ts';
import { addressBytes } from '../../src/init/ip-address.ts';

let folder: string;
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const authority = newKey();
const server = newKey();
const client = newKey();
const validFrom = new Date('2026-11-30T10:00:00.123Z');
const validUntil = new Date('2055-11-30T10:00:00Z');
const issuer = { name: 'q development CA 1f', ...authority };
const hosts = ['localhost', 'q1.example.com', '127.0.0.1', '::1', '2001:db8::ff:0:5'];

const ca = makeCertificate(
  {
    use: 'authority',
    name: issuer.name,
    publicKey: authority.publicKey,
    validFrom,
    validUntil,
    serial: Buffer.from([1]),
  },
  issuer,
);
const ofServer = makeCertificate(
  {
    use: 'server',
    name: 'q broker',
    hosts,
    publicKey: server.publicKey,
    validFrom,
    validUntil: new Date('2027-12-01T00:00:00Z'),
    serial: Buffer.from('00ff0102030405060708090a0b0c0d0e', 'hex'),
  },
  issuer,
);
const ofClient = makeCertificate(
  { use: 'client', name: 'änn', publicKey: client.publicKey, validFrom, validUntil, serial: Buffer.from([0x80]) },
  issuer,
);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'q-certificate-'));
  for (const [name, text] of Object.entries({ ca, ofServer, ofClient })) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' });
}

describe('certificates', () => {
  it('A2, SEC-10: OpenSSL verifies the chain, each for its use, and the names', () => {
    const at = ['-attime', String(Date.parse('2027-01-01') / 1000)];
    const verify = (...args: string[]) => openssl('verify', ...at, '-x509_strict', '-CAfile', 'ca', ...args);
    expect(verify('-purpose', 'sslserver', '-verify_hostname', 'q1.example.com', 'ofServer')).toBe('ofServer: OK\n');
    expect(verify('-purpose', 'sslserver', '-verify_ip', '2001:db8::ff:0:5', 'ofServer')).toBe('ofServer: OK\n');
    expect(verify('-purpose', 'sslclient', 'ofClient')).toBe('ofClient: OK\n');
    expect(() => verify('-purpose', 'sslserver', 'ofClient')).toThrow(/purpose|unsuitable/);
    expect(() => verify('-purpose', 'sslclient', 'ofServer')).toThrow(/purpose|unsuitable/);
    expect(() => verify('-verify_hostname', 'q2.example.com', 'ofServer')).toThrow(/ostname mismatch/);
  });

  it('A2: OpenSSL reads all of it', () => {
    const text = openssl('x509', '-in', 'ofServer', '-noout', '-text');
    expect(text).toContain('Version: 3 (0x2)');
    expect(text).toContain('ff:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e');
    expect(text).toContain('Signature Algorithm: ecdsa-with-SHA256');
    expect(text).toContain('Issuer: CN = q development CA 1f');
    expect(text).toContain('Not Before: Nov 30 10:00:00 2026 GMT');
    expect(text).toContain('DNS:localhost, DNS:q1.example.com, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(text).toMatch(/Extended Key Usage: \s+TLS Web Server Authentication/);
    const own = openssl('x509', '-in', 'ca', '-noout', '-text');
    expect(own).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(own).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
    expect(own).toContain('Not After : Nov 30 10:00:00 2055 GMT');
  });

  it('A2: Node reads the same, and the key is that of the certificate', () => {
    const read = new X509Certificate(ofServer);
    expect(read.checkPrivateKey(server.privateKey)).toBe(true);
    expect(read.checkPrivateKey(client.privateKey)).toBe(false);
    expect(read.verify(authority.publicKey)).toBe(true);
    expect(read.checkIssued(new X509Certificate(ca))).toBe(true);
    expect(new X509Certificate(ofClient).subject).toBe('CN=änn');
  });
});

describe('what they are written in', () => {
  it.each([
    ['00', '020100'],
    ['7f', '02017f'],
    ['80', '02020080'],
    ['0080', '02020080'],
    ['000001', '020101'],
  ])('A2: the number %s', (bytes, der) => expect(integer(Buffer.from(bytes, 'hex')).toString('hex')).toBe(der));

  it('A2: object identifiers and times', () => {
    expect(objectId('1.2.840.10045.4.3.2').toString('hex')).toBe('06082a8648ce3d040302');
    expect(time(new Date('2049-12-31T23:59:59Z')).toString('latin1')).toBe('\u0017\r491231235959Z');
    expect(time(new Date('2050-01-01T00:00:00Z')).toString('latin1')).toBe('\u0018\u000f20500101000000Z');
  });

  it.each([
    ['10.0.0.255', '0a0000ff'],
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['2001:db8::ff:0:5', '20010db800000000000000ff00000005'],
    ['::ffff:1.2.3.4', '00000000000000000000ffff01020304'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['localhost', undefined],
  ])('A2: the address %s', (text, hex) => expect(addressBytes(text)?.toString('hex')).toBe(hex));
});

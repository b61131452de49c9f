/**
 * The authority of one machine for development, and the certificates that it signs.
 *
 * Invariant: a key is made once. A certificate that is renewed is for the same key, so that the two files of a broker
 * fit each other at every moment.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import type { CertificateUse, Issuer } from './certificate.ts';
import { InitError } from './init-error.ts';
import { shortestForm } from './ip-address.ts';
import { isThere, makeFile, readSecret, replaceFile } from './new-files.ts';

/** Names of the files in the folder. */
export const certificateFiles = {
  ca: 'ca.pem',
  caKey: 'ca-key.pem',
  server: 'server.pem',
  serverKey: 'server-key.pem',
} as const;

const dayMs = 86_400_000;
const authorityDays = 3_650;
/** No longer than browsers and Apple's systems take one. */
const leafDays = 397;
/** The clock of a container may be a little behind. */
const earlierMs = 3_600_000;
const serialBytes = 16;
const commonNameMax = 64;

/** One certificate that is to be there. */
export interface LeafRequest {
  readonly use: Exclude<CertificateUse, 'authority'>;
  readonly name: string;
  readonly hosts: readonly string[];
  /** Names of the files. */
  readonly certificate: string;
  readonly key: string;
}

export interface MadeCertificate {
  readonly isNew: boolean;
  readonly validUntil: Date;
}

export class DevelopmentAuthority {
  readonly #folder: string;
  readonly #issuer: Issuer;
  readonly #now: () => number;

  private constructor(folder: string, issuer: Issuer, now: () => number) {
    this.#folder = folder;
    this.#issuer = issuer;
    this.#now = now;
  }

  /** That of the folder; null: there is none. @throws InitError where its key is missing or is another one's */
  static async open(folder: string, now: () => number): Promise<DevelopmentAuthority | null> {
    const path = join(folder, certificateFiles.ca);
    if (!(await isThere(path))) return null;
    const certificate = readCertificate(await readFile(path), path);
    const privateKey = readKey(await readSecret(join(folder, certificateFiles.caKey)));
    if (!certificate.checkPrivateKey(privateKey))
      throw new InitError(`${certificateFiles.caKey} in ${folder} is not the key of ${certificateFiles.ca}`);
    const name = certificate.subject.replace(/^CN=/, '');
    return new DevelopmentAuthority(folder, { name, privateKey, publicKey: createPublicKey(privateKey) }, now);
  }

  static async make(folder: string, now: () => number): Promise<DevelopmentAuthority> {
    const { privateKey, publicKey } = await keyIn(join(folder, certificateFiles.caKey));
    const name = `q development CA ${randomBytes(4).toString('hex')}`;
    const issuer = { name, privateKey, publicKey };
    const authority = new DevelopmentAuthority(folder, issuer, now);
    const { text } = authority.#sign({ use: 'authority', name, publicKey, days: authorityDays });
    await makeFile(join(folder, certificateFiles.ca), text);
    return authority;
  }

  /** Makes what is missing of a certificate and its key. */
  async leaf(request: LeafRequest): Promise<MadeCertificate> {
    const path = join(this.#folder, request.certificate);
    if (!(await isThere(path))) return this.#write(request, (text) => makeFile(path, text));
    return { isNew: false, validUntil: readCertificate(await readFile(path), path).validToDate };
  }

  /** Puts a new certificate in the place of one that is there. */
  renewed(request: LeafRequest): Promise<MadeCertificate> {
    return this.#write(request, (text) => replaceFile(join(this.#folder, request.certificate), text));
  }

  async #write(request: LeafRequest, write: (text: string) => Promise<unknown>): Promise<MadeCertificate> {
    if (request.name.length > commonNameMax)
      throw new InitError(`a certificate has names of at most ${commonNameMax} characters, not "${request.name}"`);
    const { publicKey } = await keyIn(join(this.#folder, request.key));
    const { text, validUntil } = this.#sign({ ...request, publicKey, days: leafDays });
    await write(text);
    return { isNew: true, validUntil };
  }

  #sign(request: {
    readonly use: CertificateUse;
    readonly name: string;
    readonly hosts?: readonly string[];
    readonly publicKey: KeyObject;
    readonly days: number;
  }): { text: string; validUntil: Date } {
    const { days, ...what } = request;
    const validFrom = new Date(this.#now() - earlierMs);
    const validUntil = new Date(this.#now() + days * dayMs);
    const serial = randomBytes(serialBytes);
    return { text: makeCertificate({ ...what, validFrom, validUntil, serial }, this.#issuer), validUntil };
  }
}

/** The names and addresses of a certificate that is there. */
export async function hostsOf(path: string): Promise<string[]> {
  const { subjectAltName = '' } = readCertificate(await readFile(path), path);
  return subjectAltName.split(', ').flatMap((entry) => {
    const host = /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1];
    return host === undefined ? [] : [shortestForm(host)];
  });
}

async function keyIn(path: string): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  await makeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const key = readKey(await readSecret(path));
  return { privateKey: key, publicKey: createPublicKey(key) };
}

function readCertificate(pem: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new InitError(`${path} is not a certificate in PEM; mend it, or take it away`, { cause: error });
  }
}

/** The error of Node tells nothing of the key. */
function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new InitError('a key in the folder is not in PEM; mend it, or take it away', { cause: error });
  }
}

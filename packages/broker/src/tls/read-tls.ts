import { QError } from '@q/protocol';
import type { Pem, TlsMaterial, TlsOptions } from './tls-options.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { checkAuthorities, checkPair } from './node-check-pem.ts';
import type { PemText } from './node-check-pem.ts';
import type { PemFiles } from './node-pem-files.ts';

/** What a listener shakes hands with, read and looked at. */
export interface ReadTls {
  readonly material: TlsMaterial;
  /** Its own certificate first. */
  readonly certificates: readonly CertificateFacts[];
}

export interface ReadTlsOptions {
  readonly files: PemFiles;
  /** As errors name what no file has: `listeners.outside.tls`. */
  readonly setting: string;
  readonly nowMs: number;
}

/** @throws QError INVALID_CONFIG that names the file, or the setting, and what is wrong with it */
export async function readTls(given: TlsOptions, options: ReadTlsOptions): Promise<ReadTls> {
  const { setting } = options;
  try {
    return await read(given, options);
  } catch (error) {
    throw new QError('INVALID_CONFIG', `${setting}: certificate or key cannot be used: ${(error as Error).message}`, {
      cause: error,
      details: { setting },
    });
  }
}

async function read(given: TlsOptions, { files, setting, nowMs }: ReadTlsOptions): Promise<ReadTls> {
  const textOf = (pem: Pem, field: string): Promise<PemText> => readPem(pem, `${setting}.${field}`, files);
  const certificates: CertificateFacts[] = [];
  const pairs: { cert: string; key: string }[] = [];
  for (const [at, pair] of [given, ...(given.others ?? [])].entries()) {
    const where = at === 0 ? '' : `others[${at - 1}].`;
    const [cert, key] = [await textOf(pair.cert, `${where}cert`), await textOf(pair.key, `${where}key`)];
    certificates.push(checkPair(cert, key, nowMs));
    pairs.push({ cert: cert.text, key: key.text });
  }
  const ca = given.ca === undefined ? null : await textOf(given.ca, 'ca');
  if (ca !== null) checkAuthorities(ca);
  const { clientCertificates = 'none' } = given;
  const [own, ...others] = pairs;
  return { material: { ...own!, ...(ca !== null && { ca: ca.text }), clientCertificates, others }, certificates };
}

async function readPem(pem: Pem, setting: string, files: PemFiles): Promise<PemText> {
  if (typeof pem === 'string') return { text: pem, from: setting };
  if (Buffer.isBuffer(pem)) return { text: pem.toString('latin1'), from: setting };
  const { file } = pem;
  try {
    return { text: await files.read(file), from: file };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = systemReasons[code ?? ''] ?? message;
    throw new Error(`${file} cannot be read: ${reason}`, { cause: error });
  }
}

const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  ENOTDIR: 'a part of the path is a file, not a folder',
};

/** The files that it is from. */
export function filesOf({ ca, others = [], ...own }: TlsOptions): { readonly path: string; readonly isKey: boolean }[] {
  const pems = [own, ...others].flatMap(({ cert, key }) => [
    { pem: cert, isKey: false },
    { pem: key, isKey: true },
  ]);
  return [...pems, ...(ca === undefined ? [] : [{ pem: ca, isKey: false }])].flatMap(({ pem, isKey }) =>
    typeof pem === 'string' || Buffer.isBuffer(pem) ? [] : [{ path: pem.file, isKey }],
  );
}

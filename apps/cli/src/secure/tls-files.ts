import { readFile } from 'node:fs/promises';
import type { TlsOptions } from '@q/client';
import { usageError } from '../command-error.ts';
import { readSecretFile, unreadable } from './secret-file.ts';
import { tlsNames } from '../secure-options.ts';
import type { SecureOptions } from '../secure-options.ts';

/** Whether the client encrypts: by the address, or by what else is said. */
export function isEncryptedTo(options: SecureOptions & { readonly url: string }): boolean {
  return options.url.startsWith('qs://') || saysTls(options);
}

function saysTls(options: SecureOptions): boolean {
  return tlsNames.some((name) => options[name] !== undefined && options[name] !== false);
}

/** What encrypts a connection; undefined where nothing says more than its address. @throws CommandError the file */
export async function tlsOf(options: SecureOptions): Promise<TlsOptions | true | undefined> {
  const { ca, cert, certKey, serverName } = options;
  if ((cert === undefined) !== (certKey === undefined))
    throw usageError('a certificate and its key go together: --cert and --cert-key');
  if (!saysTls(options)) return undefined;
  if (ca === undefined && cert === undefined && serverName === undefined) return true;
  return {
    ...(ca !== undefined && { ca: await readPem(ca, 'the file of --ca') }),
    ...(cert !== undefined && { cert: await readPem(cert, 'the certificate') }),
    ...(certKey !== undefined && { key: await readSecretFile({ path: certKey, what: 'the key' }) }),
    ...(serverName !== undefined && { serverName }),
  };
}

async function readPem(path: string, what: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable({ path, what }, error);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw unreadable({ path, what }, new Error('it has no certificate in PEM'));
  return text;
}

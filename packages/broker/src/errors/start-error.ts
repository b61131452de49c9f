/**
 * Why a broker cannot have what the machine was asked for at its start, in words.
 */
import { QError } from '@q/protocol';
import { formatAddress } from '../address.ts';

const listenReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already; stop it or choose another port (0 takes a free one)',
  EACCES: 'this user may not listen there; choose a port from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
};

/** Why an address cannot be had. */
export function listenError(error: unknown, where: { setting: string; host: string; port: number }): QError {
  const { setting, host, port } = where;
  const systemCode = systemCodeOf(error) ?? 'UNKNOWN';
  const reason = listenReasons[systemCode] ?? reasonOf(error);
  return new QError('INVALID_CONFIG', `cannot listen on ${formatAddress(host, port)} (${setting}): ${reason}`, {
    cause: error,
    details: { setting, value: port, systemCode },
  });
}

/** What OpenSSL says of a certificate or key begins with its place in the source. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return code?.startsWith('ERR_OSSL') === true ? `certificate or key cannot be used: ${message}` : message;
}

const folderReasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'there is a file of that name, or a link that leads nowhere',
  ENOSPC: 'the disk is full',
};

/** Why the data folder cannot be used; anything that is not the machine's refusal comes back as it is. */
export function dataFolderError(error: unknown, dataDir: string): unknown {
  const systemCode = systemCodeOf(error);
  if (systemCode === null || QError.is(error)) return error;
  const reason = folderReasons[systemCode] ?? (error as Error).message;
  return new QError('INVALID_CONFIG', `cannot use the data folder ${dataDir} (dataDir): ${reason}`, {
    cause: error,
    details: { setting: 'dataDir', value: dataDir, systemCode },
  });
}

/** The POSIX name of what the system said, such as EACCES; null for an error that is not the system's. */
function systemCodeOf(error: unknown): string | null {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && (syscall !== undefined || /^E[A-Z]+$/.test(code)) ? code : null;
}

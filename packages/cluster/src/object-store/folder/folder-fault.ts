import type { FaultKind, StoreFault } from '../object-store.ts';

const kinds: Readonly<Record<string, FaultKind>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  EMFILE: 'throttled',
  ENFILE: 'throttled',
  ENOTDIR: 'rejected',
  EISDIR: 'rejected',
  EXDEV: 'rejected',
  EMLINK: 'rejected',
  ENOTSUP: 'rejected',
  ENAMETOOLONG: 'rejected',
  ENOENT: 'no_store',
};

/** The POSIX name of what a file system refused with, or '' for any other error. */
export function systemCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** What a file system said, as a fault of a store. Paths are no secrets. */
export function folderFault(error: unknown): StoreFault {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: kinds[systemCode(error)] ?? 'server', message };
}

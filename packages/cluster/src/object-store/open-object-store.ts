import type { Clock } from '@q/storage';
import { ClusterError } from '../cluster-error.ts';
import { FolderObjectStore } from './folder/folder-object-store.ts';
import { nodeFolderFiles } from './folder/node-folder-files.ts';
import { MemoryBucket } from './memory/memory-bucket.ts';
import { MemoryObjectStore } from './memory/memory-object-store.ts';
import type { ObjectStore } from './object-store.ts';
import { parseS3Url } from './s3/parse-s3-url.ts';
import { S3ObjectStore } from './s3/s3-object-store.ts';

/**
 * The store that a URL names. Nothing is asked of it yet.
 *
 * - `s3://bucket/prefix`, of AWS; `?endpoint=https://host:port` of another store, more than once where it has several
 *   addresses; `&region=…`, `&style=path` or `host` (default: path with an endpoint), `&checksums=off`. Credentials come
 *   from where all tools of AWS look for them.
 * - `folder:/path`: files.
 * - `memory:`: gone with the process; each has its own.
 *
 * Throws a ClusterError INVALID_URL that says what is wrong; never with a secret in it.
 */
export function openObjectStore(url: string, o: { readonly clock: Pick<Clock, 'schedule' | 'now'> }): ObjectStore {
  const scheme = /^([a-z0-9]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === 's3' && URL.canParse(url)) return new S3ObjectStore(parseS3Url(new URL(url)), o);
  if (scheme === 'folder') return new FolderObjectStore({ ...o, folder: folderOf(url), files: nodeFolderFiles });
  if (url === 'memory:') return new MemoryObjectStore(new MemoryBucket({ ...o, next: () => 0 }), o);
  // Whoever mistypes may have put a password into it.
  const what = scheme === undefined ? 'a URL without a scheme' : `'${scheme}:' and what is behind it`;
  throw new ClusterError('INVALID_URL', `${what} names no object store: s3://bucket/prefix, folder:/path or memory:`);
}

function folderOf(url: string): string {
  const path = url.slice('folder:'.length).replace(/^\/\/(?=\/)/, '');
  if (!path.startsWith('/') || path.includes('\0') || /(^|\/)\.\.?(\/|$)/.test(path) || /^\/*$/.test(path))
    throw new ClusterError(
      'INVALID_URL',
      `a store in a folder has an absolute path, such as folder:/var/lib/q; not '${path}'`,
    );
  if (path.startsWith('//'))
    throw new ClusterError('INVALID_URL', `a store in a folder has no host: folder:/path, not 'folder:${path}'`);
  return path;
}

import { nodeClock } from '../clock/node-clock.ts';
import { MemoryFileSystem } from '../file-system/memory-file-system.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import { resolveLimits } from '../limits.ts';
import type { StorageLimits } from '../limits.ts';
import type { LocalStore } from '../ports/local-store.ts';
import { silentLog } from '../ports/storage-log.ts';
import { noObserver } from '../ports/storage-observer.ts';
import { DirectoryStore } from './directory-store.ts';
import type { DirectoryStoreOptions, MemoryStoreOptions, StoreOptions } from './options.ts';
import type { StoreParts } from './store-parts.ts';

/**
 * Opens the logs that lie in a folder, which is made if absent. Close the store to stop in order; whatever happens to
 * the process, what was durable is found again.
 * Throws STORAGE_LOCKED when another process has the folder, UNSUPPORTED_FORMAT when a later release has written it,
 * and what the file system throws when it cannot be read.
 */
export async function openDirectoryStore(options: DirectoryStoreOptions): Promise<LocalStore> {
  const { directory, fileSystem = nodeFileSystem } = options;
  return await DirectoryStore.open({
    ...commonParts(options),
    directory: withoutTrailingSlash(directory),
    fileSystem,
    onFatal: options.onFatal,
  });
}

/** The same logs, kept in memory: gone when the store is closed. */
export async function openMemoryStore(options: MemoryStoreOptions = {}): Promise<LocalStore> {
  return await DirectoryStore.open({
    ...commonParts({ ...options, limits: { ...options.limits, journalFiles: 0 } }),
    directory: '/memory',
    fileSystem: new MemoryFileSystem(),
    // Memory does not fail: there is nobody to tell.
    onFatal: options.onFatal ?? (() => undefined),
  });
}

function commonParts(o: Omit<StoreOptions, 'onFatal'>): Omit<StoreParts, 'directory' | 'fileSystem' | 'onFatal'> {
  return {
    clock: o.clock ?? nodeClock,
    log: o.log ?? silentLog,
    observer: o.observer ?? noObserver,
    limits: limitsOf(o),
    storageBytesMax: o.storageBytesMax,
    whenFull: o.whenFull ?? 'refuse',
  };
}

function limitsOf(o: Omit<StoreOptions, 'onFatal'>): StorageLimits {
  return resolveLimits({
    ...o.limits,
    ...(o.tailCacheBytes === undefined ? {} : { tailCacheBytes: o.tailCacheBytes }),
    ...(o.syncIntervalMs === undefined ? {} : { syncIntervalMs: o.syncIntervalMs }),
  });
}

function withoutTrailingSlash(directory: string): string {
  return directory.length > 1 && directory.endsWith('/') ? directory.slice(0, -1) : directory;
}

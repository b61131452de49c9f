import { StorageError } from '../errors.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { DirectoryStoreOptions, MemoryStoreOptions } from './options.ts';

export function openDirectoryStore(options: DirectoryStoreOptions): Promise<LogStore> {
  return Promise.reject(new StorageError('STORAGE_FAILED', `not there yet: ${options.directory}`));
}

export function openMemoryStore(options: MemoryStoreOptions = {}): Promise<LogStore> {
  return Promise.reject(new StorageError('STORAGE_FAILED', `not there yet: ${options.whenFull ?? ''}`));
}

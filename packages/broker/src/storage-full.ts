import { QError } from '@q/protocol';
import { StorageError } from '@q/storage';

/** No room on the disk, or under a cap: refused for now, and nothing is lost. */
export function isStorageFull(error: unknown): boolean {
  return (StorageError.is(error) || QError.is(error)) && error.code === 'STORAGE_FULL';
}

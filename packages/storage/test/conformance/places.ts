import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDirectoryStore, openMemoryStore } from '@q/storage';
import { FaultyFileSystem } from '@q/testkit';
import type { StoreKind } from './harness.ts';

function failOnFatal(error: Error): never {
  throw error;
}

export const memoryStore: StoreKind = {
  name: 'memory',
  place: async () => ({
    keeps: false,
    open: (options) => openMemoryStore({ onFatal: failOnFatal, ...options }),
    remove: async () => {},
  }),
};

export const directoryStore: StoreKind = {
  name: 'directory',
  place: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'q-storage-'));
    return {
      keeps: true,
      open: (options) => openDirectoryStore({ directory, onFatal: failOnFatal, ...options }),
      remove: () => rm(directory, { recursive: true, force: true }),
    };
  },
};

/** The directory store on a disk without faults, but of which only synced things count. */
export const simulatedDiskStore: StoreKind = {
  name: 'directory on a simulated disk',
  place: async () => {
    const fileSystem = new FaultyFileSystem();
    await fileSystem.makeDirectory('/data');
    return {
      keeps: true,
      open: (options) => openDirectoryStore({ directory: '/data', fileSystem, onFatal: failOnFatal, ...options }),
      remove: async () => {},
    };
  },
};

/**
 * How many of the descriptors that the process may have go to files, connections and the rest.
 *
 * Invariant: the parts together are no more than the process may have, whatever the limits say. So nobody from outside,
 * and no number of partitions, can take the last one: there is always one to accept a connection with, to answer a
 * probe, to sync and to stop.
 */
import { QError } from '@q/protocol';
import { defaultStorageLimits } from '@q/storage';
import type { StorageLimits } from '@q/storage';
import type { BrokerLimits } from './limits.ts';

export interface DescriptorBudget {
  readonly limits: BrokerLimits;
  readonly storageLimits: Partial<StorageLimits>;
  readonly adminConnectionsMax: number;
  /** Something is less than what was asked for, or than the default. */
  readonly isReduced: boolean;
}

export type OpenFileLimits = Pick<StorageLimits, 'openFilesMax' | 'openFilesInUseMax'>;

/** Enough for one operation of a log. */
const fewestInUse = 4;

/** With fewer a broker could not start, serve one client and stop. */
export const descriptorsMin = 128;

/** Event loop, standard streams, listeners, lock, journal, modules that are being loaded. */
const ownMax = 64;
const adminMax = 256;
/**
 * A partition in use wants a file now and then; with more than this for each file, most appends would wait for one to
 * be closed.
 */
const partitionsPerFile = 20;

/** @throws QError INVALID_CONFIG when there are too few for any broker */
export function budgetDescriptors(
  descriptorsMax: number | null,
  asked: { limits: BrokerLimits; storageLimits: Partial<StorageLimits> },
): DescriptorBudget {
  if (descriptorsMax === null) return { ...asked, adminConnectionsMax: adminMax, isReduced: false };
  if (descriptorsMax < descriptorsMin) throw tooFew(descriptorsMax);
  const { limits } = asked;
  const storage = { ...defaultStorageLimits, ...asked.storageLimits };
  const rest = descriptorsMax - ownMax;
  // Files that are open for a moment: checkpoints, logs that are being opened, folders that are being synced.
  const briefly = share(rest / 8, 160);
  const admin = share(rest / 32, adminMax);
  const refusals = share(rest / 16, limits.refusalsMax);
  const files = share((rest - briefly - admin - refusals) / 2, storage.openFilesInUseMax);
  const connectionsMax = share(rest - briefly - admin - refusals - files, limits.connectionsMax);
  const openFilesMax = share(files * 0.8, storage.openFilesMax);
  const partitionsMax = share(openFilesMax * partitionsPerFile, limits.partitionsMax);
  return {
    limits: {
      ...limits,
      connectionsMax,
      // No address can take all of them.
      connectionsPerAddressMax: share(
        connectionsMax === limits.connectionsMax ? connectionsMax : connectionsMax * 0.75,
        limits.connectionsPerAddressMax,
      ),
      refusalsMax: refusals,
      partitionsMax,
      partitionsPerTopicMax: share(partitionsMax, limits.partitionsPerTopicMax),
      partitionsDefault: share(partitionsMax, limits.partitionsDefault),
    },
    storageLimits: {
      ...asked.storageLimits,
      openFilesMax,
      openFilesInUseMax: files,
      logsInParallelMax: share(briefly / 4, storage.logsInParallelMax),
    },
    adminConnectionsMax: admin,
    isReduced:
      files < storage.openFilesInUseMax
      || connectionsMax < limits.connectionsMax
      || partitionsMax < limits.partitionsMax,
  };
}

/**
 * Files of a broker that runs already, where the process may have so many descriptors from now on: also with fewer than
 * any could start.
 */
export function filesWithin(
  descriptorsMax: number,
  asked: { limits: BrokerLimits; storageLimits: Partial<StorageLimits> },
): OpenFileLimits {
  if (descriptorsMax < descriptorsMin) return { openFilesMax: 1, openFilesInUseMax: fewestInUse };
  const { openFilesMax, openFilesInUseMax } = {
    ...defaultStorageLimits,
    ...budgetDescriptors(descriptorsMax, asked).storageLimits,
  };
  return { openFilesMax, openFilesInUseMax };
}

function share(part: number, wanted: number): number {
  return Math.max(1, Math.min(Math.floor(part), wanted));
}

function tooFew(descriptorsMax: number): QError {
  const message = `the process may have ${descriptorsMax} files open, and a broker needs ${descriptorsMin} at least; raise the limit (ulimit -n)`;
  return new QError('INVALID_CONFIG', message, {
    details: { setting: 'descriptorsMax', value: descriptorsMax, allowed: `at least ${descriptorsMin}` },
  });
}

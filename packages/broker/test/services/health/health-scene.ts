import type { HealthFacts } from '../../../src/services/health/facts.ts';
import type { HealthSources } from '../../../src/services/health/health-sources.ts';

const MiB = 1 << 20;

/** A broker that is well. */
export const wellFacts: HealthFacts = {
  disk: { freeBytes: 800 * MiB, totalBytes: 1000 * MiB },
  room: {
    usedBytes: 0,
    bytesMax: null,
    capRefuses: true,
    isDiskShort: false,
    reserveBytes: 64 * MiB,
    refusal: null,
    refused: 0,
    refusedFiles: 0,
  },
  syncs: { count: 100, p99Ms: 3, maxMs: 5 },
  stuckMs: 0,
  loopBlockedMs: 1,
  memory: { heldBytes: 0, softBytes: 100, hardBytes: 200, residentBytes: 70, residentBytesMax: null },
  connections: { open: 10, max: 100 },
  descriptors: { open: 20, max: 1_000, isReduced: false, isNoneLeft: false },
  certificates: [],
  partitions: [],
  refusedLogins: 60,
  throttled: [],
  holding: [],
  groups: [],
};

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Sources that a test changes as it goes. */
export function healthSources(): Writable<Omit<HealthSources, 'store'>> & { store: Writable<HealthSources['store']> } {
  return {
    store: {
      pendingBytes: 0,
      stats: { rounds: 0, appendsRefusedFull: 0, appendsRefusedFiles: 0, openFiles: 3 },
      room: {
        usedBytes: 0,
        bytesMax: null,
        capRefuses: true,
        isDiskShort: false,
        reserveBytes: 0,
        refusal: null,
      },
      diskSpace: () => Promise.resolve({ freeBytes: 800, totalBytes: 1_000 }),
    },
    syncs: { summary: () => null, turn: () => undefined },
    budget: { heldBytes: 0, softBytes: 100, hardBytes: 200 },
    connections: () => 0,
    connectionsMax: () => 100,
    usage: () => ({ rssBytes: 1 }),
    residentBytesMax: null,
    descriptors: () => ({ max: 1_000, isReduced: false, isNoneLeft: false }),
    registry: { topics: () => [][Symbol.iterator]() },
    certificates: () => [],
    refusedLogins: () => 0,
    throttled: () => [],
    holding: () => [],
    lags: () => [],
  };
}

/**
 * STATS: what the broker holds, what it uses, and what it has done since its start (rows T2, M1, M2).
 */
import { Stats } from '@q/protocol';
import type { StatsRequest, StatsResponse } from '@q/protocol';
import type { Services } from '../../../services/services.ts';
import type { Handler } from '../handler.ts';

export interface StatsDependencies {
  readonly stats: Pick<Services['stats'], 'snapshot'>;
  /** Where whoever dialled that address of ours finds the admin interface; null where it finds none. */
  readonly adminUrlFor: (localAddress: string) => string | null;
}

export function statsHandler({ stats, adminUrlFor }: StatsDependencies): Handler<StatsRequest, StatsResponse> {
  return {
    api: Stats,
    handle: async (_request, caller) => {
      const { holdings, usage, disk, work, network, storage, lags, garbage, ...broker } = await stats.snapshot(caller);
      return {
        ...broker,
        ...holdings,
        ...work,
        ...network,
        ...storage,
        ...lags,
        memoryRssBytes: usage.rssBytes,
        memoryHeapBytes: usage.heapBytes,
        memoryExternalBytes: usage.externalBytes,
        memoryBufferBytes: usage.bufferBytes,
        cpuUserMs: usage.cpuUserMs,
        cpuSystemMs: usage.cpuSystemMs,
        diskFreeBytes: disk?.freeBytes ?? -1,
        diskTotalBytes: disk?.totalBytes ?? -1,
        adminUrl: adminUrlFor(caller.localAddress),
        garbageCollections: garbage?.collections ?? -1,
        garbageMicros: garbage?.micros ?? -1,
      };
    },
  };
}

/**
 * STATS: what the broker holds, what it uses, and what it has done since its start (rows T2, M1, M2).
 */
import { Stats } from '@q/protocol';
import type { StatsRequest, StatsResponse } from '@q/protocol';
import type { BrokerStats } from '../../../services/stats/broker-stats.ts';
import type { Handler } from '../handler.ts';

export function statsHandler(stats: Pick<BrokerStats, 'snapshot'>): Handler<StatsRequest, StatsResponse> {
  return {
    api: Stats,
    handle: async () => {
      const { holdings, usage, disk, work, ...broker } = await stats.snapshot();
      return {
        ...broker,
        ...holdings,
        ...work,
        memoryRssBytes: usage.rssBytes,
        memoryHeapBytes: usage.heapBytes,
        memoryBufferBytes: usage.bufferBytes,
        cpuUserMs: usage.cpuUserMs,
        cpuSystemMs: usage.cpuSystemMs,
        diskFreeBytes: disk?.freeBytes ?? -1,
        diskTotalBytes: disk?.totalBytes ?? -1,
      };
    },
  };
}

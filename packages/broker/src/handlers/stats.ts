/**
 * STATS: what the broker holds, what it uses, and what it has done since its start (rows T2, M1, M2).
 */
import { Stats } from '@q/protocol';
import type { StatsRequest, StatsResponse } from '@q/protocol';
import type { LogStore } from '@q/storage';
import type { Clock } from '../clock.ts';
import type { Handler } from '../dispatch.ts';
import type { BrokerIdentity } from '../identity.ts';
import type { BrokerCounters } from '../metrics/counters.ts';
import type { ProcessUsage } from '../metrics/process-usage.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';

export interface StatsDependencies {
  readonly identity: BrokerIdentity;
  readonly registry: TopicRegistry;
  readonly store: LogStore;
  readonly clock: Clock;
  readonly counters: BrokerCounters;
  readonly usage: () => ProcessUsage;
  /** Durability of topics that do not choose one. */
  readonly durability: string;
}

export function statsHandler(dependencies: StatsDependencies): Handler<StatsRequest, StatsResponse> {
  const startedAt = dependencies.clock.monotonic();
  return {
    api: Stats,
    handle: async () => {
      const { identity, clock, store, durability } = dependencies;
      const disk = await store.diskSpace();
      return {
        brokerId: identity.brokerId,
        softwareVersion: identity.softwareVersion,
        uptimeMs: Math.round(clock.monotonic() - startedAt),
        ...holdings(dependencies.registry),
        ...memoryAndCpu(dependencies.usage()),
        diskFreeBytes: disk?.freeBytes ?? -1,
        diskTotalBytes: disk?.totalBytes ?? -1,
        ...work(dependencies.counters),
        durability,
      };
    },
  };
}

/** Topics of users only: what the broker keeps for itself would puzzle whoever compares these with what they sent. */
function holdings(registry: TopicRegistry): Pick<StatsResponse, 'topics' | 'partitions' | 'messages' | 'bytes'> {
  const totals = { topics: 0, partitions: 0, messages: 0, bytes: 0 };
  for (const topic of registry.topics()) {
    if (topic.internal) continue;
    totals.topics += 1;
    totals.partitions += topic.partitions.length;
    totals.messages += topic.messages;
    totals.bytes += topic.bytes;
  }
  return totals;
}

function memoryAndCpu(
  usage: ProcessUsage,
): Pick<StatsResponse, 'memoryRssBytes' | 'memoryHeapBytes' | 'memoryBufferBytes' | 'cpuUserMs' | 'cpuSystemMs'> {
  return {
    memoryRssBytes: usage.rssBytes,
    memoryHeapBytes: usage.heapBytes,
    memoryBufferBytes: usage.bufferBytes,
    cpuUserMs: usage.cpuUserMs,
    cpuSystemMs: usage.cpuSystemMs,
  };
}

function work(
  counters: BrokerCounters,
): Pick<StatsResponse, 'connections' | 'recordsIn' | 'recordsOut' | 'bytesIn' | 'bytesOut' | 'apis' | 'errors'> {
  const { connections, recordsIn, recordsOut, bytesIn, bytesOut } = counters;
  return {
    connections,
    recordsIn,
    recordsOut,
    bytesIn,
    bytesOut,
    apis: [...counters.apis]
      .filter(([, counter]) => counter.requests > 0)
      .map(([api, counter]) => ({ api, ...counter })),
    errors: [...counters.errors].map(([error, count]) => ({ error, count })),
  };
}

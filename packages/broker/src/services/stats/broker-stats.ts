/**
 * What the broker holds, what it uses, and what it has done since its start (rows T2, M1, M2).
 */
import type { ErrorName } from '@q/protocol';
import type { DiskRoom } from '@q/storage';
import type { Clock } from '../../clock.ts';
import type { BrokerIdentity } from '../../identity.ts';
import type { ApiCounter, BrokerCounters } from '../../metrics/counters.ts';
import type { ProcessUsage } from '../../metrics/process-usage.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';

/** Of users' topics only: what the broker keeps for itself would puzzle whoever compares these with what they sent. */
export interface Holdings {
  readonly topics: number;
  readonly partitions: number;
  readonly messages: number;
  readonly messagesExact: boolean;
  readonly bytes: number;
}

/** Since the start. */
export interface Work {
  readonly connections: number;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly apis: readonly ({ readonly api: string } & Readonly<Omit<ApiCounter, 'times'>>)[];
  readonly errors: readonly { readonly error: ErrorName; readonly count: number }[];
}

/** A broker in numbers at one moment. Times are in ms, sizes in bytes. */
export interface BrokerSnapshot {
  readonly brokerId: number;
  readonly softwareVersion: string;
  readonly uptimeMs: number;
  readonly holdings: Holdings;
  readonly usage: ProcessUsage;
  /** Of the disk that the data is on; null in memory. */
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | null;
  readonly work: Work;
  /** Durability of topics that do not choose one. */
  readonly durability: string;
}

export interface BrokerStatsOptions {
  readonly identity: BrokerIdentity;
  readonly registry: TopicRegistry;
  readonly disk: Pick<DiskRoom, 'diskSpace'>;
  readonly clock: Clock;
  readonly counters: BrokerCounters;
  readonly usage: () => ProcessUsage;
  readonly durability: () => string;
}

export class BrokerStats {
  readonly #options: BrokerStatsOptions;
  readonly #startedAt: number;

  constructor(options: BrokerStatsOptions) {
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
  }

  async snapshot(): Promise<BrokerSnapshot> {
    const { identity, clock, durability, registry, usage, counters } = this.#options;
    const disk = await this.#options.disk.diskSpace();
    return {
      brokerId: identity.brokerId,
      softwareVersion: identity.softwareVersion,
      uptimeMs: Math.round(clock.monotonic() - this.#startedAt),
      holdings: holdingsOf(registry),
      usage: usage(),
      disk,
      work: workOf(counters),
      durability: durability(),
    };
  }
}

function holdingsOf(registry: TopicRegistry): Holdings {
  const totals = { topics: 0, partitions: 0, messages: 0, messagesExact: true, bytes: 0 };
  for (const topic of registry.topics()) {
    if (topic.internal) continue;
    totals.topics += 1;
    totals.partitions += topic.partitions.length;
    const { messages, messagesExact } = topic.countMessages();
    totals.messages += messages;
    totals.messagesExact &&= messagesExact;
    totals.bytes += topic.bytes;
  }
  return totals;
}

function workOf({ connections, recordsIn, recordsOut, bytesIn, bytesOut, apis, errors }: BrokerCounters): Work {
  return {
    connections,
    recordsIn,
    recordsOut,
    bytesIn,
    bytesOut,
    apis: [...apis]
      .filter(([, { requests }]) => requests > 0)
      .map(([api, { times: _times, ...counter }]) => ({ api, ...counter })),
    errors: [...errors].map(([error, count]) => ({ error, count })),
  };
}

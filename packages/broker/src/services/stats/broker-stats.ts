/**
 * What the broker holds, what it uses, and what it has done since its start (rows T2, M1, M2). STATS, `/api/v1/stats`
 * and `/metrics` all tell what is found here.
 */
import type { ErrorName } from '@q/protocol';
import type { DiskRoom, LogStore } from '@q/storage';
import type { Clock } from '../../clock.ts';
import type { BrokerIdentity } from '../../identity.ts';
import { statisticsLimits } from '../../limits.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { ClientKind } from '../../metrics/client-kinds.ts';
import type { BrokerCounters } from '../../metrics/counters.ts';
import type { ThrottledUser, ThrottledUsers } from '../quotas/throttled-users.ts';
import type { FailingClient } from '../../metrics/failing-clients.ts';
import type { Summary } from '../../metrics/histogram.ts';
import type { Garbage } from '../../metrics/runtime-watch.ts';
import type { ProcessUsage } from '../../metrics/process-usage.ts';
import type { TrafficSampler, TrafficWindow } from '../../metrics/traffic.ts';
import type { GroupLag } from '../groups/group-lags.ts';
import type { Groups } from '../groups/groups.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { Turn } from '../turn.ts';
import { busiestTopics } from './topic-traffic.ts';
import { numbersOf } from './topic-numbers.ts';
import type { TopicNumbers } from './topic-numbers.ts';
import type { TopicTraffic } from './topic-traffic.ts';

/** Of users' topics only: what the broker keeps for itself would puzzle whoever compares these with what they sent. */
export interface Holdings {
  readonly topics: number;
  readonly partitions: number;
  readonly messages: number;
  readonly messagesExact: boolean;
  readonly bytes: number;
  readonly segments: number;
}

/** The requests of one API since the start. Times are in microseconds. */
export interface ApiWork {
  /** `PRODUCE`; those of other protocols with the name of their door: `kafka.Produce`. */
  readonly api: string;
  readonly requests: number;
  /** Answered with an error, or with one for at least one partition. */
  readonly failed: number;
  readonly totalMicros: number;
  readonly maxMicros: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly p999Micros: number;
  readonly errors: readonly ErrorCount[];
}

/** How often one error was answered. */
export interface ErrorCount {
  readonly error: ErrorName;
  readonly count: number;
}

/** Since the start. */
export interface Work {
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The last minute and the last five, all topics together. */
  readonly windows: readonly TrafficWindow[];
  readonly apis: readonly ApiWork[];
  readonly errors: readonly ErrorCount[];
  /** The busiest of the last minute first. */
  readonly topicTraffic: readonly TopicTraffic[];
  readonly topicsLeftOut: number;
  readonly rebalances: number;
}

/** Who is connected, and who was not let in. */
export interface ConnectionNumbers {
  readonly connections: number;
  readonly clients: readonly ClientKind[];
  readonly connectionsRefused: number;
  readonly refusals: readonly { readonly reason: string; readonly count: number }[];
  /** Who was answered with errors, the most first. */
  readonly failingClients: readonly FailingClient[];
  /** Connections that had to wait until they were let in, since the start. */
  readonly connectionsDelayed: number;
  /** Who was slowed down because of a quota, the longest first. */
  readonly throttledUsers: readonly ThrottledUser[];
}

/** What storage has done since the start. Times are in microseconds. */
export interface StorageWork {
  readonly roundMicros: Summary;
  /** What a round makes durable: group commit. */
  readonly roundRecords: Summary;
  readonly roundBytes: Summary;
  readonly syncMicros: Summary;
  readonly openFiles: number;
  readonly readsFromMemory: number;
  readonly readsFromFiles: number;
}

/** How far groups are behind, those that are behind the longest first. */
export interface Lags {
  readonly groupLags: readonly GroupLag[];
  readonly groupLagsLeftOut: number;
}

/** A broker in numbers at one moment. Times are in ms unless their name says otherwise, sizes in bytes. */
export interface BrokerSnapshot extends Vitals {
  readonly holdings: Holdings;
  readonly work: Work;
  readonly lags: Lags;
}

/** Of a snapshot, what costs the same however much the broker holds. */
export interface Vitals {
  readonly brokerId: number;
  readonly softwareVersion: string;
  readonly uptimeMs: number;
  readonly usage: ProcessUsage;
  /** Of the disk that the data is on; null in memory. */
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | null;
  readonly network: ConnectionNumbers;
  readonly storage: StorageWork;
  /** How late the event loop came to its timers in the last ten seconds or so. */
  readonly loopDelayMicros: Summary;
  /** Since the start; null where nobody counts them. */
  readonly garbage: Garbage | null;
  /** Durability of topics that do not choose one. */
  readonly durability: string;
}

export interface BrokerStatsOptions {
  readonly identity: BrokerIdentity;
  readonly registry: TopicRegistry;
  readonly store: Pick<LogStore, 'stats'>;
  readonly disk: Pick<DiskRoom, 'diskSpace'>;
  readonly clock: Clock;
  readonly counters: BrokerCounters;
  readonly sampler: Pick<TrafficSampler, 'windowsOf' | 'latelyMoved'>;
  readonly loopDelay: () => Summary;
  readonly garbage: () => Garbage | null;
  readonly clients: () => ClientKind[];
  readonly throttled: Pick<ThrottledUsers, 'totals' | 'list'>;
  readonly groups: Pick<Groups, 'rebalances' | 'lags'>;
  readonly usage: () => ProcessUsage;
  readonly limits: Pick<BrokerLimits, 'turnMsMax'>;
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
    const { groups, clock, limits } = this.#options;
    const [lags, vitals] = await Promise.all([groups.lags(), this.vitals()]);
    const turn = new Turn({ clock, limits });
    return {
      ...vitals,
      holdings: await holdingsOf(this.topics(), turn),
      work: this.#work(),
      lags: worstLags(lags, statisticsLimits.groupLagsMax),
    };
  }

  async vitals(): Promise<Vitals> {
    const { identity, clock, durability, usage, loopDelay, garbage, disk } = this.#options;
    const space = await disk.diskSpace();
    return {
      brokerId: identity.brokerId,
      softwareVersion: identity.softwareVersion,
      uptimeMs: Math.round(clock.monotonic() - this.#startedAt),
      usage: usage(),
      disk: space,
      network: this.#network(),
      storage: this.#storage(),
      loopDelayMicros: loopDelay(),
      garbage: garbage(),
      durability: durability(),
    };
  }

  /** Who is slowed down because of a quota. */
  get throttled(): Pick<ThrottledUsers, 'totals' | 'list'> {
    return this.#options.throttled;
  }

  /** What was counted, as it grows: to be read, and not to be kept. */
  get counters(): Readonly<BrokerCounters> {
    return this.#options.counters;
  }

  /** Topics of users in numbers, one by one: whoever goes through thousands gives others their turn in between. */
  *topics(): Generator<TopicNumbers> {
    for (const topic of this.#options.registry.topics()) if (!topic.internal) yield numbersOf(topic);
  }

  #work(): Work {
    const { counters, registry, sampler, groups } = this.#options;
    const { recordsIn, recordsOut, bytesIn, bytesOut, errors } = counters;
    return {
      recordsIn,
      recordsOut,
      bytesIn,
      bytesOut,
      windows: sampler.windowsOf(counters),
      apis: apisOf(counters),
      errors: errorsOf(errors),
      ...busiestTopics(registry.topics(), sampler, statisticsLimits.topicsMax),
      rebalances: groups.rebalances,
    };
  }

  #network(): ConnectionNumbers {
    const { counters, clients, throttled } = this.#options;
    return {
      connections: counters.connections,
      clients: clients(),
      connectionsRefused: counters.connectionsRefused,
      refusals: [...counters.refusals].map(([reason, count]) => ({ reason, count })).filter(({ count }) => count > 0),
      failingClients: counters.failingClients.list(),
      connectionsDelayed: counters.connectionsDelayed,
      throttledUsers: throttled.list(),
    };
  }

  #storage(): StorageWork {
    const { counters, store } = this.#options;
    const { openFiles, readsHot, readsCold } = store.stats;
    return {
      roundMicros: counters.rounds.summary(),
      roundRecords: counters.roundRecords.summary(),
      roundBytes: counters.roundBytes.summary(),
      syncMicros: counters.syncs.summary(),
      openFiles,
      readsFromMemory: readsHot,
      readsFromFiles: readsCold,
    };
  }
}

function worstLags(all: readonly GroupLag[], lagsMax: number): Lags {
  const groupLags = all
    .toSorted((left, right) => right.lagMs - left.lagMs || right.lagRecords - left.lagRecords)
    .slice(0, lagsMax);
  return { groupLags, groupLagsLeftOut: all.length - groupLags.length };
}

async function holdingsOf(topics: Iterable<TopicNumbers>, turn: Turn): Promise<Holdings> {
  const totals = { topics: 0, partitions: 0, messages: 0, messagesExact: true, bytes: 0, segments: 0 };
  for (const { partitions } of topics) {
    totals.topics += 1;
    for (const { records, recordsExact, diskBytes, segments } of partitions) {
      totals.partitions += 1;
      totals.messages += records;
      totals.messagesExact &&= recordsExact;
      totals.bytes += diskBytes;
      totals.segments += segments;
      if (turn.isOver(1)) await turn.next();
    }
  }
  return totals;
}

/** Those that were asked for. */
function apisOf({ apis }: BrokerCounters): ApiWork[] {
  const asked: ApiWork[] = [];
  for (const [api, { times, failed, errors }] of apis) {
    if (times === null) continue;
    const { count, total, p50, p99, p999, max } = times.summary();
    const micros = { totalMicros: total, maxMicros: max, p50Micros: p50, p99Micros: p99, p999Micros: p999 };
    asked.push({ api, requests: count, failed, ...micros, errors: errorsOf(errors ?? new Map()) });
  }
  return asked;
}

function errorsOf(errors: ReadonlyMap<ErrorName, number>): ErrorCount[] {
  return [...errors].map(([error, count]) => ({ error, count }));
}

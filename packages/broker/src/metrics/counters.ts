/**
 * Counts since the broker started. Plain fields: the hot path adds to them, whoever reports them reads them.
 */
import type { ErrorName } from '@q/protocol';
import type { Histogram } from './histogram.ts';

/** One API's requests. */
export interface ApiCounter {
  requests: number;
  /** Answered with an error, or with an error for at least one partition. */
  failed: number;
  /** Microseconds from the complete request to its answer: sum and longest. Waiting of long polls is part of it. */
  totalMicros: number;
  maxMicros: number;
  /** The same times one by one; null before the first request, as most brokers never see most APIs. */
  times: Histogram | null;
}

export interface BrokerCounters {
  connections: number;
  connectionsRefused: number;
  recordsIn: number;
  recordsOut: number;
  /** Record bytes as stored, without the frames around them. */
  bytesIn: number;
  bytesOut: number;
  readonly apis: Map<string, ApiCounter>;
  readonly errors: Map<ErrorName, number>;
  /** What the disk takes: rounds that make appends durable, and the syncs in them. Null before the first. */
  rounds: Histogram | null;
  syncs: Histogram | null;
  readonly newHistogram: () => Histogram;
}

export function createCounters(newHistogram: () => Histogram): BrokerCounters {
  return {
    connections: 0,
    connectionsRefused: 0,
    recordsIn: 0,
    recordsOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    apis: new Map(),
    errors: new Map(),
    rounds: null,
    syncs: null,
    newHistogram,
  };
}

export function createApiCounter(): ApiCounter {
  return { requests: 0, failed: 0, totalMicros: 0, maxMicros: 0, times: null };
}

export function countError(counters: BrokerCounters, name: ErrorName): void {
  counters.errors.set(name, (counters.errors.get(name) ?? 0) + 1);
}

export interface AnsweredRequest {
  /** By the monotonic clock. */
  readonly elapsedMs: number;
  readonly failed: boolean;
}

export function countRequest(counters: BrokerCounters, counter: ApiCounter, request: AnsweredRequest): void {
  const micros = Math.round(request.elapsedMs * 1000);
  counter.requests += 1;
  if (request.failed) counter.failed += 1;
  counter.totalMicros += micros;
  if (micros > counter.maxMicros) counter.maxMicros = micros;
  counter.times ??= counters.newHistogram();
  counter.times.record(micros);
}

/** What storage tells of its disk, put into the counters. */
export interface DiskTimes {
  roundEnded(ms: number): void;
  synced(ms: number): void;
}

export function diskTimes(counters: BrokerCounters): DiskTimes {
  return {
    roundEnded(ms) {
      counters.rounds ??= counters.newHistogram();
      counters.rounds.record(ms * 1000);
    },
    synced(ms) {
      counters.syncs ??= counters.newHistogram();
      counters.syncs.record(ms * 1000);
    },
  };
}

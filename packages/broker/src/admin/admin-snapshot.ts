import type { BrokerCounters } from '../metrics/counters.ts';
import type { Histogram } from '../metrics/histogram.ts';
import { reasonsOf } from './health.ts';
import type { BrokerPhase, Health } from './health.ts';

/** A broker at one moment, as far as the admin interface shows it. The counts are those since its start. */
export interface AdminSnapshot {
  readonly phase: BrokerPhase;
  /** Why it does not serve, or what is wrong although it does. */
  readonly reasons: readonly string[];
  readonly connections: number;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** By API; those that were asked for at least once. */
  readonly requests: Readonly<Record<string, TimesSummary & { readonly failed: number }>>;
  /** How long the disk took for what was appended: whole rounds, and single syncs. Null before the first. */
  readonly rounds: TimesSummary | null;
  readonly syncs: TimesSummary | null;
  /** How often each error was answered, by its name. */
  readonly errors: Readonly<Record<string, number>>;
}

/** All times in microseconds, true to 2 %. */
export interface TimesSummary {
  readonly count: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly p999Micros: number;
  readonly maxMicros: number;
}

export function adminSnapshot(health: Health, counters: BrokerCounters): AdminSnapshot {
  const { connections, recordsIn, recordsOut, bytesIn, bytesOut, apis, errors, rounds, syncs } = counters;
  const requests: Record<string, TimesSummary & { failed: number }> = {};
  for (const [api, { times, failed }] of apis) if (times !== null) requests[api] = { failed, ...timesOf(times) };
  const disk = { rounds: known(rounds), syncs: known(syncs) };
  return {
    phase: health.phase,
    reasons: reasonsOf(health),
    connections,
    recordsIn,
    recordsOut,
    bytesIn,
    bytesOut,
    requests,
    ...disk,
    errors: Object.fromEntries(errors),
  };
}

function known(times: Histogram): TimesSummary | null {
  return times.count === 0 ? null : timesOf(times);
}

function timesOf(times: Histogram): TimesSummary {
  const { count, p50, p99, p999, max } = times.summary();
  return { count, p50Micros: p50, p99Micros: p99, p999Micros: p999, maxMicros: max };
}

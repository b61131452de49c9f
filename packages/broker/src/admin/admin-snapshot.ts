import type { BrokerCounters } from '../metrics/counters.ts';
import type { TimesSummary } from '../metrics/histogram.ts';
import type { BrokerPhase, Health } from './health.ts';

/** A broker at one moment, as far as the admin interface shows it. The counts are those since its start. */
export interface AdminSnapshot {
  readonly phase: BrokerPhase;
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

export function adminSnapshot({ phase }: Health, counters: BrokerCounters): AdminSnapshot {
  const { connections, recordsIn, recordsOut, bytesIn, bytesOut, apis, errors, rounds, syncs } = counters;
  const requests: Record<string, TimesSummary & { failed: number }> = {};
  for (const [api, { times, failed }] of apis) if (times !== null) requests[api] = { failed, ...times.summary() };
  const disk = { rounds: rounds?.summary() ?? null, syncs: syncs?.summary() ?? null };
  return {
    phase,
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

/**
 * Counts since the broker started. Plain fields: the hot path adds to them, whoever reports them reads them.
 */
import type { ErrorName } from '@q/protocol';
import type { Operation, ResourceType } from '@q/security';
import type { Clock } from '../clock.ts';
import { statisticsLimits } from '../limits.ts';
import { FailingClients } from './failing-clients.ts';
import type { Failing } from './failing-clients.ts';
import { Histogram } from './histogram.ts';
import { Traffic } from './traffic.ts';

/** One API's requests. */
export interface ApiCounter {
  /** Answered with an error, or with an error for at least one partition. */
  failed: number;
  /**
   * Microseconds from the complete request to its answer. Waiting of long polls is part of it. Null before the first
   * request, as most brokers never see most APIs.
   */
  times: Histogram | null;
  /** What they were answered with, parts of a request included. Null before the first. */
  errors: Map<ErrorName, number> | null;
}

/** All topics together: what `Traffic` has. */
export class BrokerCounters extends Traffic {
  connections = 0;
  /** Connections that had to wait until they were let in, because too many began. */
  connectionsDelayed = 0;
  /** Peers that did not shake hands as TLS has it. */
  handshakesFailed = 0;
  /** Connections that were not let in, by reason. They begin at 0: so the first one shows as a growth. */
  readonly refusals: Map<RefusalReason, number> = new Map(refusalReasons.map((reason) => [reason, 0]));
  readonly apis: Map<string, ApiCounter> = new Map();
  readonly errors: Map<ErrorName, number> = new Map();
  /** What access rules did not allow: by kind of thing, and operation. */
  readonly denials: Map<ResourceType, Map<Operation, number>> = new Map();
  /** Entries of the audit trail that were to be kept and are not. */
  auditEntriesDropped = 0;
  /** Who was let in, and who was not, by the way in. They begin at 0: so the first one shows as a growth. */
  readonly logins: ReadonlyMap<LoginWay, { done: number; refused: number }> = new Map(
    loginWays.map((way) => [way, { done: 0, refused: 0 }]),
  );
  readonly failingClients: FailingClients;
  /** What the disk takes: rounds that make appends durable, and the syncs in them. Microseconds. */
  readonly rounds: Histogram = new Histogram();
  readonly syncs: Histogram = new Histogram();
  /** What a round writes: group commit. */
  readonly roundRecords: Histogram = new Histogram();
  readonly roundBytes: Histogram = new Histogram();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    super();
    this.failingClients = new FailingClients({ clock, clientsMax: statisticsLimits.failingClientsMax });
  }

  get connectionsRefused(): number {
    let count = 0;
    for (const refused of this.refusals.values()) count += refused;
    return count;
  }
}

export function createApiCounter(): ApiCounter {
  return { failed: 0, times: null, errors: null };
}

/** Why a connection is not let in: the limit that is reached, or the system had no descriptor for it, as a rule. */
const refusalReasons = [
  'connectionsMax',
  'connectionsPerAddressMax',
  'connectionsPerUserMax',
  'connectionsPerSecondMax',
  'connectionCreationRate',
  'acceptFailed',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export function countRefusal(counters: BrokerCounters, reason: RefusalReason): void {
  counters.refusals.set(reason, (counters.refusals.get(reason) ?? 0) + 1);
}

/** Ways in. What a client asks for that is none of these is `other`: anybody can make names up. */
const loginWays = ['SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN', 'BASIC', 'OAUTHBEARER', 'CERTIFICATE', 'other'] as const;
export type LoginWay = (typeof loginWays)[number];

export function countLogin(counters: BrokerCounters, mechanism: string, outcome: 'done' | 'refused'): void {
  const way = loginWays.find((known) => known === mechanism) ?? 'other';
  counters.logins.get(way)![outcome] += 1;
}

/** Of all ways together. */
export function refusedLogins({ logins }: BrokerCounters): number {
  let all = 0;
  for (const { refused } of logins.values()) all += refused;
  return all;
}

export function countDenial(counters: BrokerCounters, operation: Operation, type: ResourceType): void {
  let ofType = counters.denials.get(type);
  if (ofType === undefined) counters.denials.set(type, (ofType = new Map()));
  ofType.set(operation, (ofType.get(operation) ?? 0) + 1);
}

/** An error that was answered to somebody. `api` is null where it answers no request. */
export function countError(
  counters: BrokerCounters,
  name: ErrorName,
  { api, failing }: { readonly api: ApiCounter | null; readonly failing: Failing },
): void {
  counters.errors.set(name, (counters.errors.get(name) ?? 0) + 1);
  counters.failingClients.note(failing, name);
  if (api === null) return;
  api.errors ??= new Map();
  api.errors.set(name, (api.errors.get(name) ?? 0) + 1);
}

export interface AnsweredRequest {
  /** By the monotonic clock. */
  readonly elapsedMs: number;
  readonly failed: boolean;
}

export function countRequest(counter: ApiCounter, request: AnsweredRequest): void {
  if (request.failed) counter.failed += 1;
  counter.times ??= new Histogram();
  counter.times.record(request.elapsedMs * 1000);
}

/** What storage tells of its disk, put into the counters. */
export interface DiskTimes {
  roundEnded(ms: number, written: { readonly records: number; readonly bytes: number }): void;
  synced(ms: number): void;
}

export function diskTimes(counters: BrokerCounters): DiskTimes {
  return {
    roundEnded(ms, { records, bytes }) {
      counters.rounds.record(ms * 1000);
      counters.roundRecords.record(records);
      counters.roundBytes.record(bytes);
    },
    synced: (ms) => counters.syncs.record(ms * 1000),
  };
}

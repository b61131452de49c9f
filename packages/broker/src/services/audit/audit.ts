/**
 * The audit trail (SEC-15): who was let in or not, what was denied, and every change, with who asked for it. One truth
 * for all doors: services note what they do here, and nobody else does.
 *
 * Invariants:
 *  1. Noting never fails and never waits: whatever becomes of an entry, the request that it tells of goes on.
 *  2. Entries are written in the order in which they were noted.
 *  3. What cannot be written is dropped, counted and said.
 */
import { auditTable } from '../../audit-table.ts';
import { anonymous } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { BrokerLogger } from '../../logger.ts';
import { writtenEntry } from './audit-entry.ts';
import type { AuditEntry, AuditValue, WrittenEntry } from './audit-entry.ts';
import { auditLimits } from './audit-limits.ts';
import { Repeats } from './repeats.ts';

/** Where services tell what they do. */
export interface AuditNotes {
  /** Never throws, never waits. Denials and refused logins that repeat are counted instead. */
  note(entry: AuditEntry): void;
}

/** For parts that are put together without a trail. */
export const noAudit: AuditNotes = { note: () => undefined };

export interface AuditOptions {
  readonly clock: Clock;
  readonly logger: BrokerLogger;
  readonly isLogged: boolean;
  /** Successful logins too: there may be many. Failures always. */
  readonly hasLogins: boolean;
}

export class Audit implements AuditNotes {
  readonly #options: AuditOptions;
  readonly #denials: Repeats<AuditEntry>;
  readonly #refusals: Repeats<AuditEntry>;

  constructor(options: AuditOptions) {
    const { clock } = options;
    this.#options = options;
    const { repeatWindowMs: windowMs, repeatKeysMax: keysMax } = auditLimits;
    this.#denials = new Repeats({
      clock,
      windowMs,
      keysMax,
      tell: (first, repeats) => this.#write(summary(first, 'audit.denied_again', repeats)),
    });
    this.#refusals = new Repeats({
      clock,
      windowMs,
      keysMax,
      tell: (first, repeats) => this.#write(summary(first, 'audit.logins_refused', repeats)),
    });
  }

  note(entry: AuditEntry): void {
    if (this.#isTold(entry)) this.#write(entry);
  }

  /** Tells what was only counted so far. */
  close(): void {
    this.#denials.close();
    this.#refusals.close();
  }

  #isTold(entry: AuditEntry): boolean {
    if (entry.event === 'audit.login_done') return this.#options.hasLogins;
    if (entry.event === 'audit.denied') return this.#denials.admits(denialKey(entry), () => kept(entry));
    if (entry.event === 'audit.login_refused') return this.#refusals.admits(refusalKey(entry), () => kept(entry));
    return true;
  }

  #write(entry: AuditEntry): void {
    const { clock, logger, isLogged } = this.#options;
    const written = writtenEntry(entry, clock.now());
    if (isLogged) say(logger, written, auditTable[entry.event]);
  }
}

function say(
  logger: BrokerLogger,
  { timeMs: _, before, after, ...fields }: WrittenEntry,
  { level, meaning }: (typeof auditTable)[AuditEntry['event']],
): void {
  const facts = { ...(before && { before: textsOf(before) }), ...(after && { after: textsOf(after) }) };
  // The lines of all events have the same fields, which the type checker cannot see one by one.
  if (level === 'warn') logger.warn({ ...fields, ...facts } as Parameters<BrokerLogger['warn']>[0], meaning);
  else logger.info({ ...fields, ...facts } as Parameters<BrokerLogger['info']>[0], meaning);
}

function textsOf(facts: Readonly<Record<string, AuditValue>>): string[] {
  return Object.entries(facts).map(
    ([name, value]) => `${name}=${Array.isArray(value) ? value.join(', ') : String(value)}`,
  );
}

/** Equal: the same person was not allowed the same thing, from wherever. */
function denialKey({ by, operation, resource }: AuditEntry): string {
  return `${(by?.principal ?? anonymous).name}\n${operation}\n${resource?.type}\n${resource?.name}`;
}

function refusalKey({ by, mechanism, reason }: AuditEntry): string {
  return `${(by?.principal ?? anonymous).name}\n${by?.address}\n${mechanism}\n${reason}`;
}

/** Without its connection, which must not stay in memory for it. */
function kept(entry: AuditEntry): AuditEntry {
  const { by } = entry;
  if (by === null) return entry;
  const { principal = anonymous, address, clientId, connectionId, door } = by;
  const author = {
    principal,
    address,
    clientId,
    ...(connectionId !== undefined && { connectionId }),
    ...(door !== undefined && { door }),
  };
  return { ...entry, by: author };
}

function summary(
  first: AuditEntry,
  event: 'audit.denied_again' | 'audit.logins_refused',
  { count, forMs, isMixed }: { count: number; forMs: number; isMixed: boolean },
): AuditEntry {
  if (isMixed) return { event, by: null, count, forMs, reason: 'too many different ones to be told apart' };
  const { by, mechanism, operation, resource, reason } = first;
  return {
    event,
    by,
    count,
    forMs,
    ...(mechanism !== undefined && { mechanism }),
    ...(operation !== undefined && { operation }),
    ...(resource !== undefined && { resource }),
    ...(reason !== undefined && { reason }),
  };
}

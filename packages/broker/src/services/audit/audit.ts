/**
 * The audit trail (SEC-15): who was let in or not, what was denied, and every change, with who asked for it. One truth
 * for all doors: services note what they do here, and nobody else does.
 *
 * Invariants:
 *  1. Noting never fails and never waits: whatever becomes of an entry, the request that it tells of goes on.
 *  2. Entries are written in the order in which they were noted.
 *  3. What cannot be written is dropped, counted and said.
 */
import { QError } from '@q/protocol';
import type { PartitionLog } from '@q/storage';
import { auditTable } from '../../audit-table.ts';
import { anonymous } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { BrokerLogger } from '../../logger.ts';
import { shortened, writtenEntry } from './audit-entry.ts';
import type { AuditEntry, AuditValue, WrittenEntry } from './audit-entry.ts';
import { auditLimits } from './audit-limits.ts';
import { RecentEntries, readPage } from './audit-reading.ts';
import type { AuditPage, AuditQuery } from './audit-reading.ts';
import { AuditWriter } from './audit-writer.ts';
import { Repeats } from './repeats.ts';
import type { Counted } from './repeats.ts';

/** Where services tell what they do. */
export interface AuditNotes {
  /** Never throws, never waits. Denials and refused logins that repeat are counted instead. */
  note(entry: AuditEntry): void;
}

/** Who reads the trail. */
export interface AuditTrail extends AuditNotes {
  /** @throws QError INVALID_REQUEST */
  list(query: AuditQuery): Promise<AuditPage>;
  /**
   * Calls `listener` with each entry from now on, before it is durable. Returns how to stop that.
   * @throws QError BROKER_BUSY when as many follow as may
   */
  follow(listener: (entry: WrittenEntry) => void): () => void;
}

/** For parts that are put together without a trail. */
export const noAudit: AuditNotes = { note: () => undefined };

export interface AuditOptions {
  readonly clock: Clock;
  readonly logger: BrokerLogger;
  readonly counters: { auditEntriesDropped: number };
  readonly isLogged: boolean;
  /** Opens the topic, and makes it at the first call. Null: entries are not kept. */
  readonly open: (() => Promise<PartitionLog>) | null;
  /** Successful logins too: there may be many. Failures always. */
  readonly hasLogins: boolean;
}

export class Audit implements AuditTrail {
  readonly #options: AuditOptions;
  readonly #denials: Repeats<AuditEntry>;
  readonly #refusals: Repeats<AuditEntry>;
  readonly #followers = new Set<(entry: WrittenEntry) => void>();
  readonly #recent = new RecentEntries();
  readonly #writer: AuditWriter | null;
  readonly #isOn: boolean;
  #log: PartitionLog | null = null;

  constructor(options: AuditOptions) {
    const { clock, logger, counters, open } = options;
    this.#options = options;
    this.#isOn = options.isLogged || open !== null;
    this.#writer =
      open === null
        ? null
        : new AuditWriter({ clock, logger, counters, open: async () => (this.#log ??= await open()) });
    const { repeatWindowMs: windowMs, repeatKeysMax: keysMax, repeatGroupKeysMax: groupKeysMax } = auditLimits;
    const bounds = { clock, windowMs, keysMax, groupKeysMax };
    this.#denials = new Repeats({
      ...bounds,
      tell: (first, repeats) => this.#write(summary(first, 'audit.denied_again', repeats)),
    });
    this.#refusals = new Repeats({
      ...bounds,
      tell: (first, repeats) => this.#write(summary(first, 'audit.logins_refused', repeats)),
    });
  }

  note(entry: AuditEntry): void {
    if (this.#isOn && this.#isTold(entry)) this.#write(entry);
  }

  /** The topic is there already: it can be read. */
  serve(log: PartitionLog): void {
    this.#log = log;
  }

  list(query: AuditQuery): Promise<AuditPage> {
    const { limit } = query;
    const { pageMax } = auditLimits;
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > pageMax)
      return Promise.reject(new QError('INVALID_REQUEST', `limit = ${limit}: must be 1 to ${pageMax}`));
    return this.#log === null
      ? Promise.resolve(this.#recent.page(query))
      : readPage(this.#log, query, this.#options.clock);
  }

  follow(listener: (entry: WrittenEntry) => void): () => void {
    if (this.#followers.size >= auditLimits.followersMax)
      throw new QError('BROKER_BUSY', `${this.#followers.size} follow the audit trail, which is as many as may`);
    this.#followers.add(listener);
    return () => void this.#followers.delete(listener);
  }

  /** Tells what was only counted so far, and ends when all is written that can be. */
  async close(): Promise<void> {
    this.#denials.close();
    this.#refusals.close();
    await this.#writer?.close();
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
    if (this.#writer === null) this.#recent.push(written);
    else this.#writer.push(written);
    for (const listener of this.#followers) listener(written);
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

interface RepeatKey {
  readonly group: string;
  readonly key: string;
}

/** Equal: the same person was not allowed the same thing, from wherever. */
function denialKey({ by, operation, resource }: AuditEntry): RepeatKey {
  return {
    group: shortened((by?.principal ?? anonymous).name),
    key: `${operation}\n${resource?.type}\n${resource?.name}`,
  };
}

/** Who it is said to be is made up as easily as a name of a topic; the address is not. */
function refusalKey({ by, mechanism, reason }: AuditEntry): RepeatKey {
  const texts = [(by?.principal ?? anonymous).name, mechanism ?? '', reason ?? ''];
  return { group: by?.address ?? '', key: texts.map((text) => shortened(text)).join('\n') };
}

/** Without its connection, which must not stay in memory for it. */
function kept(entry: AuditEntry): AuditEntry {
  const { by } = entry;
  if (by === null) return entry;
  const { principal = anonymous, address, clientId, connectionId, door } = by;
  const author = {
    principal: { name: shortened(principal.name) },
    address,
    clientId: shortened(clientId),
    ...(connectionId !== undefined && { connectionId }),
    ...(door !== undefined && { door }),
  };
  const { mechanism } = entry;
  return { ...entry, by: author, ...(mechanism !== undefined && { mechanism: shortened(mechanism) }) };
}

/** Those of one address, whoever they said they were. */
function nobodyAt(by: AuditEntry['by']): AuditEntry['by'] {
  return by === null ? null : { ...by, principal: anonymous };
}

function summary(
  first: AuditEntry,
  event: 'audit.denied_again' | 'audit.logins_refused',
  { count, forMs, mixed }: Counted,
): AuditEntry {
  const many = { event, count, forMs, reason: 'too many different ones to be told apart' };
  if (mixed === 'of all') return { ...many, by: null };
  if (mixed === 'of a group') return { ...many, by: event === 'audit.denied_again' ? first.by : nobodyAt(first.by) };
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

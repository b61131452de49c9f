/**
 * Reads the audit trail: the newest entries first, from the topic, or from memory where none is kept.
 */
import { iterateBatches, iterateRecords } from '@q/protocol';
import type { PartitionLog } from '@q/storage';
import type { Clock } from '../../clock.ts';
import type { WrittenEntry } from './audit-entry.ts';
import { auditLimits } from './audit-limits.ts';
import { decodeEntry } from './audit-topic.ts';

/** Which entries. What is not named is not looked at. */
export interface AuditFilter {
  readonly principal?: string;
  /** A name of an event, with or without `audit.`, or the beginning of one that ends with `*`. */
  readonly event?: string;
  readonly result?: string;
  readonly resourceName?: string;
  /** Milliseconds since 1970: at or after. */
  readonly sinceMs?: number;
  /** Milliseconds since 1970: before. */
  readonly untilMs?: number;
}

/** Which entries, and how many. */
export interface AuditQuery extends AuditFilter {
  /** 1 to 1,000. */
  readonly limit: number;
  /** Older ones than an earlier answer had: its `next`. */
  readonly before?: number;
}

/** Entries, the newest first. */
export interface AuditPage {
  readonly entries: readonly WrittenEntry[];
  /** For the entries before these; null: there are none. A page may be empty and have a next one. */
  readonly next: number | null;
}

export function isWanted(entry: WrittenEntry, filter: AuditFilter): boolean {
  const { principal, event, result, resourceName, sinceMs = -Infinity, untilMs = Infinity } = filter;
  return (
    (principal === undefined || entry.principal === principal)
    && (event === undefined || isNamed(entry.event, event))
    && (result === undefined || entry.result === result)
    && (resourceName === undefined || entry.resourceName === resourceName)
    && entry.timeMs >= sinceMs
    && entry.timeMs < untilMs
  );
}

function isNamed(event: string, wanted: string): boolean {
  const full = wanted.startsWith('audit.') ? wanted : `audit.${wanted}`;
  return full.endsWith('*') ? event.startsWith(full.slice(0, -1)) : event === full;
}

/** From the end of the log backwards, a piece at a time, and others have their turn in between. */
export async function readPage(log: PartitionLog, query: AuditQuery, clock: Pick<Clock, 'defer'>): Promise<AuditPage> {
  const { windowRecords, scannedMax } = auditLimits;
  const entries: WrittenEntry[] = [];
  let end = Math.min(query.before ?? Infinity, log.highWatermark);
  const stop = Math.max(log.logStartOffset, end - scannedMax);
  while (end > stop) {
    const start = Math.max(stop, end - windowRecords);
    const found = await readWindow(log, start, end);
    for (const { offset, entry } of found.toReversed()) {
      if (!isWanted(entry, query)) continue;
      entries.push(entry);
      if (entries.length === query.limit) return { entries, next: offset > log.logStartOffset ? offset : null };
    }
    end = start;
    await new Promise<void>((resolve) => clock.defer(resolve));
  }
  return { entries, next: end > log.logStartOffset ? end : null };
}

interface Found {
  readonly offset: number;
  readonly entry: WrittenEntry;
}

async function readWindow(log: PartitionLog, start: number, end: number): Promise<Found[]> {
  const found: Found[] = [];
  let offset = Math.max(start, log.logStartOffset);
  while (offset < end) {
    const { buffers } = await log.read({ offset, maxBytes: auditLimits.readBytes, upTo: 'highWatermark' });
    const before = offset;
    for (const batch of buffers.flatMap((buffer) => [...iterateBatches(buffer)]))
      for (const record of iterateRecords(batch)) {
        offset = Math.max(offset, record.offset + 1);
        if (record.offset < start || record.offset >= end) continue;
        const entry = decodeEntry(record.value);
        if (entry !== null) found.push({ offset: record.offset, entry });
      }
    if (offset === before) break;
  }
  return found;
}

/** The last entries, where no topic keeps them. Numbered from the start of the broker. */
export class RecentEntries {
  #entries: WrittenEntry[] = [];
  #first = 0;

  push(entry: WrittenEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length < 2 * auditLimits.recentMax) return;
    this.#first += auditLimits.recentMax;
    this.#entries = this.#entries.slice(auditLimits.recentMax);
  }

  page(query: AuditQuery): AuditPage {
    const entries: WrittenEntry[] = [];
    let at = Math.min(query.before ?? Infinity, this.#first + this.#entries.length);
    while (at > this.#first && entries.length < query.limit) {
      at -= 1;
      const entry = this.#entries[at - this.#first]!;
      if (isWanted(entry, query)) entries.push(entry);
    }
    return { entries, next: at > this.#first ? at : null };
  }
}

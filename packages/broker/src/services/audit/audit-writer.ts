/**
 * Brings entries to the topic, behind the back of whoever notes them.
 *
 * Invariants:
 *  1. Entries become durable in the order in which they came: one round is on its way at a time, and one that fails is
 *     tried again before anything later is. An entry whose round failed late may be there twice.
 *  2. What waits is bounded. An entry that finds no room is dropped and counted. As soon as entries can be written, one
 *     says how many are missing, at the place where they are missing.
 */
import { encodeBatch } from '@q/protocol';
import type { PartitionLog } from '@q/storage';
import type { Clock, Scheduled } from '../../clock.ts';
import type { BrokerLogger } from '../../logger.ts';
import { brokerPrincipal } from './audit-entry.ts';
import type { WrittenEntry } from './audit-entry.ts';
import { auditLimits } from './audit-limits.ts';
import { encodeEntry } from './audit-topic.ts';

interface Waiting {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly timestampMs: number;
}

export interface AuditWriterOptions {
  /** Opens the log, and makes it at the first call. */
  readonly open: () => Promise<PartitionLog>;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'schedule' | 'defer'>;
  readonly logger: BrokerLogger;
  /** Entries that are on no disk and never will be are counted there. */
  readonly counters: { auditEntriesDropped: number };
}

export class AuditWriter {
  readonly #options: AuditWriterOptions;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #round: Promise<void> | null = null;
  #isScheduled = false;
  #retry: Scheduled | null = null;
  #isFailing = false;
  #isClosed = false;
  #missing = 0;
  #missingSinceMs = 0;

  constructor(options: AuditWriterOptions) {
    this.#options = options;
  }

  push(entry: WrittenEntry): void {
    const encoded = { ...encodeEntry(entry), timestampMs: entry.timeMs };
    if (!this.#hasRoomFor(encoded)) {
      if (this.#missing === 0) this.#missingSinceMs = this.#options.clock.monotonic();
      this.#missing += 1;
      this.#options.counters.auditEntriesDropped += 1;
      return;
    }
    if (this.#missing > 0) this.#tellMissing();
    this.#put(encoded);
    this.#schedule();
  }

  /** Tries once more, and ends: what cannot be written by then is lost, and said. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#retry = null;
    await this.#round;
    // What has come while the last round was on its way, too; a round that fails ends it.
    while (this.#waiting.length > 0 && !this.#isFailing) await this.#write();
    if (this.#waiting.length > 0 && this.#isFailing) await this.#write();
    const lost = this.#waiting.length + this.#missing;
    if (lost > 0) this.#say(lost);
  }

  #hasRoomFor({ key, value }: Waiting): boolean {
    const { queueEntriesMax, queueBytesMax } = auditLimits;
    const bytes = this.#waitingBytes + key.length + value.length;
    return this.#waiting.length < queueEntriesMax && bytes <= queueBytesMax;
  }

  #put(entry: Waiting): void {
    this.#waiting.push(entry);
    this.#waitingBytes += entry.key.length + entry.value.length;
  }

  /** One more than there is room for, at the most. */
  #tellMissing(): void {
    const { clock } = this.#options;
    const forMs = Math.round(clock.monotonic() - this.#missingSinceMs);
    const timeMs = clock.now();
    const entry = { timeMs, event: 'audit.entries_dropped', principal: brokerPrincipal, result: 'failed' };
    this.#put({ ...encodeEntry({ ...entry, count: this.#missing, forMs }), timestampMs: timeMs });
    this.#say(this.#missing);
    this.#missing = 0;
  }

  #say(count: number): void {
    this.#options.logger.warn(
      { event: 'audit.entries_dropped', principal: brokerPrincipal, result: 'failed', count },
      'entries of the audit trail are not on the topic',
    );
  }

  #schedule(): void {
    if (this.#isScheduled || this.#round !== null || this.#retry !== null || this.#isClosed) return;
    this.#isScheduled = true;
    // What is noted in this turn of the event loop shares the round.
    this.#options.clock.defer(() => {
      this.#isScheduled = false;
      if (this.#round === null && this.#retry === null && !this.#isClosed) this.#start();
    });
  }

  #start(): void {
    this.#round = this.#rounds().finally(() => {
      this.#round = null;
    });
  }

  async #rounds(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      await this.#write();
      if (!this.#isFailing) continue;
      this.#retry = this.#options.clock.schedule(auditLimits.retryPauseMs, () => {
        this.#retry = null;
        this.#schedule();
      });
      return;
    }
  }

  /** One round. Never throws. */
  async #write(): Promise<void> {
    const round = this.#nextRound();
    try {
      const log = await this.#options.open();
      await log.append(encodeBatch(round), { leaderEpoch: 0 }).durable;
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#waiting = this.#waiting.slice(round.length);
    for (const { key, value } of round) this.#waitingBytes -= key.length + value.length;
    this.#isFailing = false;
    if (this.#missing > 0) this.#tellMissing();
  }

  #nextRound(): Waiting[] {
    const { roundEntriesMax, roundBytesMax } = auditLimits;
    const round: Waiting[] = [];
    let bytes = 0;
    for (const entry of this.#waiting) {
      bytes += entry.key.length + entry.value.length;
      if (round.length > 0 && (bytes > roundBytesMax || round.length === roundEntriesMax)) break;
      round.push(entry);
    }
    return round;
  }

  /** A full disk fails every round until there is room: said once. */
  #failed(error: unknown): void {
    if (!this.#isFailing)
      this.#options.logger.error(
        { event: 'audit.not_written', err: error },
        'the audit trail cannot be written; entries wait, and are dropped when too many do',
      );
    this.#isFailing = true;
  }
}

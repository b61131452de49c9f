import { Ownerships } from './ownerships.ts';
import { RisingValues } from './rising-values.ts';
import type { Position, ReadRecord, Violation } from './violation.ts';

/*
 * What producers and readers were told, written down as it happens.
 *
 * Invariants
 * - A send is `unknown` from before it leaves until an answer says otherwise. Every timeout, and every error that does
 *   not say that nothing was written, leaves it unknown: its record may be there once, or not at all.
 * - `failed` means failed for certain.
 * - Polls of one reader and log stand in the order in which the reader got them.
 */

/** Of a send: where it is, that nobody knows, or that it is nowhere. */
export type SendOutcome = Position | 'unknown' | 'failed';

interface Send {
  outcome: SendOutcome;
  readonly key: string | null;
}

/** What one reader got from one log, in order, without a jump that was asked for. */
export interface Polls {
  readonly reader: string;
  readonly log: string;
  readonly records: ReadRecord[];
}

export class History {
  /** Of the partitions of one group. */
  readonly ownerships: Ownerships = new Ownerships();
  readonly #sends = new Map<string, Send>();
  readonly #polls = new Map<string, Polls>();
  readonly #watermarks = new RisingValues();
  readonly #committed = new RisingValues();
  readonly #fallen: Violation[] = [];
  #acknowledged = 0;

  /** Before the record leaves. */
  sending(value: string, key: string | null = null): void {
    this.#sends.set(value, { outcome: 'unknown', key });
  }

  /**
   * The record is below the high watermark when its acknowledgement is sent, so no later watermark may lie below it.
   */
  acknowledged(value: string, position: Position): void {
    this.#send(value).outcome = { log: position.log, offset: position.offset };
    this.#acknowledged += 1;
    this.#watermarks.raise(position.log, position.offset + 1);
  }

  /** Only for an error which says that nothing was written. */
  failed(value: string): void {
    this.#send(value).outcome = 'failed';
  }

  /** What a consumer sees is durable, so it counts for the watermark too. */
  polled(reader: string, record: ReadRecord): void {
    const name = `${reader} ${record.log}`;
    const polls = this.#polls.get(name) ?? { reader, log: record.log, records: [] };
    polls.records.push(record);
    this.#polls.set(name, polls);
    this.#watermarks.raise(record.log, record.offset + 1);
  }

  /** Before a log's end is asked for; hand the result to `watermark` with the answer. */
  askWatermark(log: string): number {
    return this.#watermarks.floor(log);
  }

  watermark(log: string, to: number, asked: number): void {
    if (to < asked) this.#fallen.push({ kind: 'watermark back', log, from: asked, to });
    this.#watermarks.raise(log, to);
  }

  /** A commit was acknowledged. */
  committed(group: string, position: Position): void {
    this.#committed.raise(`${group} ${position.log}`, position.offset);
  }

  /** Before a committed offset is asked for; hand the result to `fetchedCommitted` with the answer. */
  askCommitted(group: string, log: string): number {
    return this.#committed.floor(`${group} ${log}`);
  }

  fetchedCommitted(group: string, { log, offset }: Position, asked: number): void {
    if (offset < asked) this.#fallen.push({ kind: 'committed offset back', group, log, from: asked, to: offset });
    this.#committed.raise(`${group} ${log}`, offset);
  }

  get acknowledgedCount(): number {
    return this.#acknowledged;
  }

  get sentCount(): number {
    return this.#sends.size;
  }

  /** Offsets that went back, in the order in which that was seen. */
  get fallen(): readonly Violation[] {
    return this.#fallen;
  }

  outcomeOf(value: string): SendOutcome | 'never sent' {
    return this.#sends.get(value)?.outcome ?? 'never sent';
  }

  keyOf(value: string): string | null {
    return this.#sends.get(value)?.key ?? null;
  }

  polls(): Iterable<Polls> {
    return this.#polls.values();
  }

  *acknowledgements(): Generator<readonly [value: string, position: Position]> {
    for (const [value, { outcome }] of this.#sends) if (typeof outcome === 'object') yield [value, outcome];
  }

  #send(value: string): Send {
    const send = this.#sends.get(value);
    if (send === undefined) throw new Error(`${value} has an outcome, but was not written down before it was sent`);
    return send;
  }
}

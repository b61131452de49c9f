/*
 * Compares what producers were told with what a reader finds.
 *
 * A value is `producer/sequence`, unique over the whole run. Each send is in one of three states: acknowledged at an
 * offset, failed for certain, or unknown, because the answer never came. Unknown is the state of every send that a
 * crash cut off: its record may be there or not, but once at most.
 */

/** A place in a topic. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
}

export interface ReadRecord extends Position {
  readonly value: string;
}

export type Violation =
  | { readonly kind: 'lost'; readonly value: string; readonly acknowledged: Position }
  | { readonly kind: 'moved'; readonly value: string; readonly acknowledged: Position; readonly found: Position }
  | { readonly kind: 'duplicate'; readonly value: string; readonly found: readonly Position[] }
  | { readonly kind: 'phantom'; readonly value: string; readonly found: Position }
  | { readonly kind: 'failed but written'; readonly value: string; readonly found: Position }
  | { readonly kind: 'out of order'; readonly value: string; readonly after: string; readonly found: Position }
  | { readonly kind: 'gap'; readonly partition: number; readonly expected: number; readonly found: number };

/** What became of every send, written down by the sender before anything else hears of it. */
export class History {
  readonly #sends = new Map<string, Position | 'unknown' | 'failed'>();
  #acknowledged = 0;

  /** Before the record leaves. */
  sending(value: string): void {
    this.#sends.set(value, 'unknown');
  }

  acknowledged(value: string, position: Position): void {
    this.#sends.set(value, position);
    this.#acknowledged += 1;
  }

  /** Only for an error which says that nothing was written. */
  failed(value: string): void {
    this.#sends.set(value, 'failed');
  }

  get acknowledgedCount(): number {
    return this.#acknowledged;
  }

  get sentCount(): number {
    return this.#sends.size;
  }

  outcomeOf(value: string): Position | 'unknown' | 'failed' | 'never sent' {
    return this.#sends.get(value) ?? 'never sent';
  }

  *acknowledgements(): Generator<readonly [value: string, position: Position]> {
    for (const [value, outcome] of this.#sends) if (typeof outcome === 'object') yield [value, outcome];
  }
}

/** Everything that is wrong with `records`, which are all records of the topic, in offset order within each partition. */
export function findViolations(history: History, records: readonly ReadRecord[]): Violation[] {
  const found = Map.groupBy(records, ({ value }) => value);
  return [
    ...gaps(records),
    ...missing(history, found),
    ...[...found].flatMap(([value, copies]) => excess(history, value, copies)),
    ...disorder(records),
  ];
}

function* gaps(records: readonly ReadRecord[]): Generator<Violation> {
  const next = new Map<number, number>();
  for (const { partition, offset } of records) {
    const expected = next.get(partition) ?? 0;
    if (offset !== expected) yield { kind: 'gap', partition, expected, found: offset };
    next.set(partition, offset + 1);
  }
}

function* missing(history: History, found: ReadonlyMap<string, readonly ReadRecord[]>): Generator<Violation> {
  for (const [value, acknowledged] of history.acknowledgements()) {
    const first = found.get(value)?.[0];
    if (first === undefined) yield { kind: 'lost', value, acknowledged };
    else if (first.partition !== acknowledged.partition || first.offset !== acknowledged.offset) {
      yield { kind: 'moved', value, acknowledged, found: positionOf(first) };
    }
  }
}

function excess(history: History, value: string, copies: readonly ReadRecord[]): Violation[] {
  const outcome = history.outcomeOf(value);
  if (outcome === 'never sent') return [{ kind: 'phantom', value, found: positionOf(copies[0]!) }];
  if (outcome === 'failed') return [{ kind: 'failed but written', value, found: positionOf(copies[0]!) }];
  return copies.length > 1 ? [{ kind: 'duplicate', value, found: copies.map(positionOf) }] : [];
}

/** Within one partition the records of one producer stand in the order in which it sent them. */
function* disorder(records: readonly ReadRecord[]): Generator<Violation> {
  const last = new Map<string, { sequence: number; value: string }>();
  for (const record of records) {
    const { producer, sequence } = parseValue(record.value);
    const key = `${record.partition}:${producer}`;
    const before = last.get(key);
    if (before !== undefined && before.sequence >= sequence) {
      yield { kind: 'out of order', value: record.value, after: before.value, found: positionOf(record) };
    }
    last.set(key, { sequence, value: record.value });
  }
}

export function formatValue(producer: string, sequence: number): string {
  return `${producer}/${sequence}`;
}

function parseValue(value: string): { producer: string; sequence: number } {
  const [producer = '', sequence = ''] = value.split('/');
  return { producer, sequence: Number(sequence) };
}

function positionOf({ partition, offset }: Position): Position {
  return { partition, offset };
}

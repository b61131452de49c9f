import { isCompacted, isGone, startOf } from './final-state.ts';
import type { FinalState } from './final-state.ts';
import { findReaderViolations } from './reader-violations.ts';
import type { History } from './history.ts';
import { parseValue, positionKey, positionOf } from './violation.ts';
import type { Position, ReadRecord, Violation } from './violation.ts';

/*
 * Compares a history with everything that is there at the end, read from the start by a fresh client once all faults
 * are healed. Pure, and indifferent to where the history comes from: a simulation, killed processes, a disk without
 * power.
 */

/** Everything that is wrong; empty when every promise was kept. */
export function findViolations(history: History, state: FinalState): Violation[] {
  const found = Map.groupBy(state.records, ({ value }) => value);
  return [
    ...gaps(state),
    ...missing(history, state, found),
    ...[...found].flatMap(([value, copies]) => excess(history, value, copies)),
    ...disorder(state.records),
    ...inconsistencies(history, state),
    ...findReaderViolations(history, state),
    ...history.fallen,
    ...history.ownerships.violations(),
  ];
}

function* gaps(state: FinalState): Generator<Violation> {
  const next = new Map<string, number>();
  for (const { log, offset } of state.records) {
    if (isCompacted(state, log)) continue;
    // The start may have moved up while the log was read, past records that had been read and past some that had not.
    const expected = Math.max(next.get(log) ?? 0, Math.min(offset, startOf(state, log)));
    if (offset !== expected) yield { kind: 'gap', log, expected, found: offset };
    next.set(log, offset + 1);
  }
}

function* missing(
  history: History,
  state: FinalState,
  found: ReadonlyMap<string, readonly ReadRecord[]>,
): Generator<Violation> {
  const lastOfKey = lastOffsets(state);
  for (const [value, acknowledged] of history.acknowledgements()) {
    const copies = found.get(value) ?? [];
    const first = copies[0];
    if (first !== undefined) {
      if (first.log !== acknowledged.log || first.offset !== acknowledged.offset) {
        yield { kind: 'moved', value, acknowledged, found: positionOf(first) };
      }
      continue;
    }
    const last = lastOfKey.get(`${acknowledged.log} ${history.keyOf(value)}`);
    const isSuperseded = isCompacted(state, acknowledged.log) && last !== undefined && last > acknowledged.offset;
    if (!isSuperseded && !isGone(state, acknowledged)) yield { kind: 'lost', value, acknowledged };
  }
}

function lastOffsets({ records }: FinalState): Map<string, number> {
  const last = new Map<string, number>();
  for (const { log, key, offset } of records) last.set(`${log} ${key ?? null}`, offset);
  return last;
}

function excess(history: History, value: string, copies: readonly ReadRecord[]): Violation[] {
  const outcome = history.outcomeOf(value);
  if (outcome === 'never sent') return [{ kind: 'phantom', value, found: positionOf(copies[0]!) }];
  if (outcome === 'failed') return [{ kind: 'failed but written', value, found: positionOf(copies[0]!) }];
  return copies.length > 1 ? [{ kind: 'duplicate', value, found: copies.map(positionOf) }] : [];
}

/** Within one log the records of one producer stand in the order in which it sent them. */
function* disorder(records: readonly ReadRecord[]): Generator<Violation> {
  const last = new Map<string, { sequence: number; value: string }>();
  for (const record of records) {
    const { producer, sequence } = parseValue(record.value);
    const name = `${record.log} ${producer}`;
    const before = last.get(name);
    if (before !== undefined && before.sequence >= sequence) {
      yield { kind: 'out of order', value: record.value, after: before.value, found: positionOf(record) };
    }
    last.set(name, { sequence, value: record.value });
  }
}

/** Acknowledgements, polls and the end must agree on what stands at an offset, also below a start that moved since. */
function* inconsistencies(history: History, state: FinalState): Generator<Violation> {
  const known = new Map<string, { readonly at: Position; readonly values: Set<string> }>();
  const see = (at: Position, value: string): void => {
    const key = positionKey(at);
    const entry = known.get(key);
    if (entry === undefined) known.set(key, { at: positionOf(at), values: new Set([value]) });
    else entry.values.add(value);
  };
  for (const [value, position] of history.acknowledgements()) see(position, value);
  for (const { records } of history.polls()) for (const record of records) see(record, record.value);
  for (const record of state.records) see(record, record.value);
  for (const { at, values } of known.values()) {
    if (values.size > 1) yield { kind: 'inconsistent offset', at, values: [...values] };
  }
}

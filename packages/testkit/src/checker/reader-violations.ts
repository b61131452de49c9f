import { isCompacted, isGone } from './final-state.ts';
import type { FinalState } from './final-state.ts';
import type { History, Polls } from './history.ts';
import { positionKey, positionOf } from './violation.ts';
import type { ReadRecord, Violation } from './violation.ts';

/** What is wrong with what readers saw while the run was on, judged by what is there at its end. */
export function* findReaderViolations(history: History, state: FinalState): Generator<Violation> {
  const final = finalOffsets(state);
  for (const polls of history.polls()) {
    yield* backwards(polls);
    yield* skipped(polls, final.get(polls.log) ?? []);
    yield* vanished(history, state, polls);
  }
}

/** The records of each log, ascending. */
function finalOffsets({ records }: FinalState): ReadonlyMap<string, readonly ReadRecord[]> {
  return Map.groupBy(records, ({ log }) => log);
}

function* backwards({ reader, records }: Polls): Generator<Violation> {
  let after = -1;
  for (const record of records) {
    if (record.offset <= after) yield { kind: 'non-monotonic poll', reader, after, found: positionOf(record) };
    after = record.offset;
  }
}

/** A reader that got something before and something behind a record that is still there has passed it by. */
function* skipped({ reader, records }: Polls, final: readonly ReadRecord[]): Generator<Violation> {
  const seen = new Set(records.map(({ offset }) => offset));
  const first = records[0]?.offset ?? Number.POSITIVE_INFINITY;
  const last = records.at(-1)?.offset ?? Number.NEGATIVE_INFINITY;
  for (const record of final) {
    if (record.offset <= first || record.offset >= last || seen.has(record.offset)) continue;
    yield { kind: 'skipped poll', reader, value: record.value, skipped: positionOf(record) };
  }
}

/** What a consumer saw was durable. In a compacted log it may have been superseded since. */
function* vanished(history: History, state: FinalState, { reader, log, records }: Polls): Generator<Violation> {
  const there = new Set(
    state.records.filter((record) => record.log === log).map((record) => `${positionKey(record)} ${record.value}`),
  );
  for (const record of records) {
    const outcome = history.outcomeOf(record.value);
    if (outcome === 'never sent') yield { kind: 'phantom', value: record.value, found: positionOf(record) };
    else if (outcome === 'failed') yield { kind: 'failed but written', value: record.value, found: positionOf(record) };
    else if (
      !isCompacted(state, log)
      && !isGone(state, record)
      && !there.has(`${positionKey(record)} ${record.value}`)
    ) {
      yield { kind: 'vanished', reader, value: record.value, seen: positionOf(record) };
    }
  }
}

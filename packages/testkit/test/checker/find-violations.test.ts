import { beforeEach, describe, expect, it } from 'vitest';
import { findViolations } from '../../src/checker/find-violations.ts';
import type { FinalState } from '../../src/checker/final-state.ts';
import { History } from '../../src/checker/history.ts';
import type { ReadRecord } from '../../src/checker/violation.ts';

// Each fault that the rigs are there for, planted by hand. A checker that finds nothing here would find nothing in a
// crash.
let history: History;
let records: ReadRecord[];

beforeEach(() => {
  history = new History();
  records = [];
  for (let sequence = 0; sequence < 6; sequence += 1) {
    const record = { log: `t-${sequence % 2}`, offset: sequence >> 1, value: `a/${sequence}` };
    history.sending(record.value);
    history.acknowledged(record.value, record);
    records.push(record);
  }
});

function kinds(state: Omit<FinalState, 'records'> = {}): string[] {
  return findViolations(history, { records, ...state }).map(({ kind }) => kind);
}

/** A send that was acknowledged, and is not there unless it is pushed. */
function acknowledge(value: string, at: { log: string; offset: number }, key: string | null = null): ReadRecord {
  history.sending(value, key);
  history.acknowledged(value, at);
  return { ...at, value, key };
}

describe('findViolations', () => {
  it('finds nothing wrong with a log that kept every promise', () => {
    for (const record of records) history.polled('r', record);
    expect(kinds()).toEqual([]);
    expect(history.acknowledgedCount).toBe(6);
    expect(history.sentCount).toBe(6);
  });

  it('lets a send without an answer be there once, or not at all', () => {
    history.sending('a/6');
    expect(kinds()).toEqual([]);
    records.push({ log: 't-0', offset: 3, value: 'a/6' });
    expect(kinds()).toEqual([]);
    records.push({ log: 't-1', offset: 3, value: 'a/6' });
    expect(kinds()).toEqual(['duplicate']);
  });

  it('finds an acknowledged record that is lost at the end', () => {
    records.pop();
    expect(kinds()).toEqual(['lost']);
  });

  it('finds an acknowledged record that is lost in the middle, and the gap it leaves', () => {
    records.splice(2, 1);
    expect(kinds()).toEqual(['gap', 'lost']);
  });

  it('finds a record at another offset than the acknowledgement named', () => {
    const [first, third] = [records[0]!, records[2]!];
    records[0] = { ...first, value: third.value };
    records[2] = { ...third, value: first.value };
    expect(kinds()).toEqual(['moved', 'moved', 'out of order', 'inconsistent offset', 'inconsistent offset']);
  });

  it('finds a record that is there twice', () => {
    records.push({ log: 't-0', offset: 3, value: 'a/4' });
    expect(kinds()).toEqual(['duplicate', 'out of order']);
  });

  it('finds a record that nobody sent', () => {
    records.push({ log: 't-0', offset: 3, value: 'b/0' });
    expect(kinds()).toEqual(['phantom']);
  });

  it('finds a record whose send was refused', () => {
    history.sending('a/6');
    history.failed('a/6');
    records.push({ log: 't-0', offset: 3, value: 'a/6' });
    expect(kinds()).toEqual(['failed but written']);
  });

  it('finds records of one producer out of order although no answer came', () => {
    history.sending('b/0');
    history.sending('b/1');
    records.push({ log: 't-0', offset: 3, value: 'b/1' }, { log: 't-0', offset: 4, value: 'b/0' });
    expect(kinds()).toEqual(['out of order']);
  });

  it('finds a gap', () => {
    records[4] = { ...records[4]!, offset: 3 };
    expect(kinds()).toEqual(['gap', 'moved']);
  });

  it('finds two acknowledgements of one offset, also when the log has moved past it', () => {
    acknowledge('b/0', { log: 't-0', offset: 0 });
    expect(kinds({ starts: new Map([['t-0', 1]]) })).toEqual(['inconsistent offset']);
  });

  it('expects nothing below the start, and nothing of a log that was deleted', () => {
    records = records.filter(({ log, offset }) => log === 't-0' && offset > 0);
    expect(kinds({ starts: new Map([['t-0', 1]]), deleted: new Set(['t-1']) })).toEqual([]);
    expect(kinds({ starts: new Map([['t-0', 1]]) })).toEqual(['lost', 'lost', 'lost']);
  });

  it('takes a jump of the reader to a start that moved up while it read for no gap', () => {
    records = records.filter(({ log, offset }) => log === 't-0' && offset !== 1);
    const deleted = new Set(['t-1']);
    expect(kinds({ starts: new Map([['t-0', 2]]), deleted })).toEqual([]);
    expect(kinds({ starts: new Map([['t-0', 1]]), deleted })).toEqual(['gap', 'lost']);
  });

  it('lets compaction drop what a later record of the key supersedes, and nothing else', () => {
    const compacted = new Set(['c-0']);
    acknowledge('k/0', { log: 'c-0', offset: 0 }, 'x');
    const later = acknowledge('k/1', { log: 'c-0', offset: 1 }, 'x');
    records.push(later);
    expect(kinds({ compacted })).toEqual([]);
    const other = acknowledge('k/2', { log: 'c-0', offset: 2 }, 'y');
    expect(kinds({ compacted })).toEqual(['lost']);
    records.push(other);
    expect(kinds({ compacted })).toEqual([]);
  });

  it('finds a compacted log that kept the older value', () => {
    records.push(acknowledge('k/0', { log: 'c-0', offset: 0 }, 'x'));
    acknowledge('k/1', { log: 'c-0', offset: 1 }, 'x');
    expect(kinds({ compacted: new Set(['c-0']) })).toEqual(['lost']);
  });
});

describe('findViolations, of readers', () => {
  it('finds a reader that goes back, or gets something twice', () => {
    for (const offset of [0, 1, 1]) history.polled('r', records[offset * 2]!);
    expect(kinds()).toEqual(['non-monotonic poll']);
  });

  it('finds a record that a reader passed by', () => {
    for (const offset of [0, 2]) history.polled('r', records[offset * 2]!);
    expect(kinds()).toEqual(['skipped poll']);
  });

  it('finds a record that a reader saw and that is not there any more', () => {
    history.sending('a/6');
    history.polled('r', { log: 't-0', offset: 3, value: 'a/6' });
    expect(kinds()).toEqual(['vanished']);
  });

  it('finds what a reader saw although nobody sent it, or its send was refused', () => {
    history.polled('r', { log: 't-0', offset: 3, value: 'b/0' });
    history.sending('b/1');
    history.failed('b/1');
    history.polled('r', { log: 't-0', offset: 4, value: 'b/1' });
    expect(kinds()).toEqual(['phantom', 'failed but written']);
  });

  it('finds two readers that saw different records at one offset', () => {
    history.sending('b/0');
    history.polled('r', { log: 't-0', offset: 0, value: 'b/0' });
    history.polled('s', records[0]!);
    expect(kinds()).toEqual(['inconsistent offset', 'vanished']);
  });

  it('finds a watermark that is lower than what was known when it was asked for', () => {
    const asked = history.askWatermark('t-0');
    acknowledge('b/0', { log: 't-0', offset: 3 });
    records.push({ log: 't-0', offset: 3, value: 'b/0' });
    history.watermark('t-0', 3, asked);
    expect(kinds()).toEqual([]);
    history.watermark('t-0', 3, history.askWatermark('t-0'));
    expect(kinds()).toEqual(['watermark back']);
  });

  it('finds a committed offset that went back', () => {
    history.committed('g', { log: 't-0', offset: 2 });
    history.fetchedCommitted('g', { log: 't-0', offset: 2 }, history.askCommitted('g', 't-0'));
    expect(kinds()).toEqual([]);
    history.fetchedCommitted('g', { log: 't-0', offset: 1 }, history.askCommitted('g', 't-0'));
    expect(kinds()).toEqual(['committed offset back']);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { findViolations, History } from './checker.ts';
import type { ReadRecord } from './checker.ts';

// Each fault that the rig is there for, planted by hand. A checker that finds nothing here would find nothing in a crash.
let history: History;
let records: ReadRecord[];

beforeEach(() => {
  history = new History();
  records = [];
  for (let sequence = 0; sequence < 6; sequence += 1) {
    const record = { partition: sequence % 2, offset: sequence >> 1, value: `a/${sequence}` };
    history.sending(record.value);
    history.acknowledged(record.value, record);
    records.push(record);
  }
});

function kinds(): string[] {
  return findViolations(history, records).map(({ kind }) => kind);
}

describe('findViolations', () => {
  it('finds nothing wrong with a log that kept every promise', () => {
    expect(kinds()).toEqual([]);
    expect(history.acknowledgedCount).toBe(6);
  });

  it('lets a send without an answer be there once, or not at all', () => {
    history.sending('a/6');
    expect(kinds()).toEqual([]);
    records.push({ partition: 0, offset: 3, value: 'a/6' });
    expect(kinds()).toEqual([]);
    records.push({ partition: 1, offset: 3, value: 'a/6' });
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
    expect(kinds()).toEqual(['moved', 'moved', 'out of order']);
  });

  it('finds a record that is there twice', () => {
    records.push({ partition: 0, offset: 3, value: 'a/4' });
    expect(kinds()).toEqual(['duplicate', 'out of order']);
  });

  it('finds a record that nobody sent', () => {
    records.push({ partition: 0, offset: 3, value: 'b/0' });
    expect(kinds()).toEqual(['phantom']);
  });

  it('finds a record whose send was refused', () => {
    history.sending('a/6');
    history.failed('a/6');
    records.push({ partition: 0, offset: 3, value: 'a/6' });
    expect(kinds()).toEqual(['failed but written']);
  });

  it('finds records of one producer out of order although no answer came', () => {
    history.sending('b/0');
    history.sending('b/1');
    records.push({ partition: 0, offset: 3, value: 'b/1' }, { partition: 0, offset: 4, value: 'b/0' });
    expect(kinds()).toEqual(['out of order']);
  });

  it('finds a gap', () => {
    records[4] = { ...records[4]!, offset: 3 };
    expect(kinds()).toEqual(['gap', 'moved']);
  });
});

import { describe, expect, it } from 'vitest';
import { checkTransactions, checkWatcher, checkWork } from './transaction-check.ts';
import type { FinalPartition, JudgedHistory, JudgedTransaction } from './transaction-check.ts';
import type { KnownEnd, WrittenRecord } from './transaction-history.ts';

function written(value: string, offset: number | null, topic = 'kept', partition = 0): WrittenRecord {
  return { value, key: value, topic, partition, offset };
}

function transaction(number: number, end: KnownEnd, records: readonly WrittenRecord[]): JudgedTransaction {
  return { number, transactionalId: 'id', records, end };
}

function holding(values: Readonly<Record<number, string>>, o: Partial<FinalPartition> = {}): FinalPartition {
  const records = Object.entries(values).map(([offset, value]) => ({
    offset: Number(offset),
    value,
    key: o.topic === 'sink' ? 'made' : value,
  }));
  return { topic: 'kept', partition: 0, logStartOffset: 0, readTo: 100, records, ...o };
}

function problemsOf(history: Partial<JudgedHistory>, partitions: readonly FinalPartition[]): string[] {
  const problems: string[] = [];
  const whole = { transactions: [], plain: new Map(), plainSent: new Set<string>(), ...history };
  const compacted = holding({}, { topic: 'compacted' });
  checkTransactions({ history: whole, problem: (text) => void problems.push(text) }, [...partitions, compacted]);
  return problems;
}

describe('the checker of transactions', () => {
  const committed = transaction(0, 'committed', [written('a', 0), written('b', 1, 'kept', 1)]);

  it('X1 finds nothing wrong where a transaction is whole', () => {
    const partitions = [holding({ 0: 'a' }), holding({ 1: 'b' }, { partition: 1 })];
    expect(problemsOf({ transactions: [committed] }, partitions)).toEqual([]);
  });

  it.each<[string, JudgedTransaction]>([
    ['what was answered', committed],
    ['what nobody was told of', { ...committed, end: 'unknown' }],
  ])('X1 finds a half of a transaction, %s', (_, half) => {
    const partitions = [holding({ 0: 'a' }), holding({}, { partition: 1 })];
    expect(problemsOf({ transactions: [half] }, partitions)).toEqual([
      expect.stringContaining('b at kept/1 1 is missing'),
    ]);
  });

  it('X1 waits for what may be held back', () => {
    const partitions = [holding({ 0: 'a' }), holding({}, { partition: 1, readTo: 1 })];
    expect(problemsOf({ transactions: [committed] }, partitions)).toEqual([]);
  });

  it.each(['aborted', 'open'] as const)('X1 finds a record of a transaction that is %s', (end) => {
    const found = problemsOf({ transactions: [transaction(0, end, [written('a', 0)])] }, [holding({ 0: 'a' })]);
    expect(found).toEqual([expect.stringContaining('a record of it is shown')]);
  });

  it('X1 finds repetitions, strangers, what is out of order, and plain records that are gone', () => {
    const two = transaction(0, 'unknown', [written('a', null), written('b', null)]);
    expect(problemsOf({ transactions: [two] }, [holding({ 3: 'b', 4: 'a' })])).toEqual([
      'transaction 0 is out of order in kept/0',
    ]);
    expect(problemsOf({ transactions: [two] }, [holding({ 3: 'a', 4: 'a', 5: 'x' })])).toEqual([
      'a is there twice',
      'x was never written',
    ]);
    const plain = new Map([['p', { topic: 'kept', partition: 0, offset: 7 }]]);
    expect(problemsOf({ plain, plainSent: new Set(['p']) }, [holding({})])).toEqual(['plain p at kept/0 7 is missing']);
  });

  it('X1 finds a key that has lost its last committed value', () => {
    const last = transaction(0, 'committed', [written('a', 5, 'compacted')]);
    expect(problemsOf({ transactions: [last] }, [])).toEqual([expect.stringContaining('is gone')]);
  });

  it.each<[string, Readonly<Record<number, string>>, number | null, boolean]>([
    ['each once', { 0: 'o:a#1', 1: 'o:b#2' }, 2, true],
    ['a part, while it goes on', { 0: 'o:a#1' }, null, true],
    ['one that is missing', { 0: 'o:a#1' }, 2, false],
    ['one twice', { 0: 'o:a#1', 1: 'o:a#2', 2: 'o:b#2' }, null, false],
    ['one that was left out', { 0: 'o:b#1' }, null, false],
    ['one that was not committed', { 0: 'o:a#1', 1: 'o:b#1' }, 1, false],
  ])('X2 judges what workers made: %s', (_, made, workOffset, isRight) => {
    const problems: string[] = [];
    const judge = {
      history: { transactions: [], plain: new Map(), plainSent: new Set<string>() },
      problem: (text: string) => void problems.push(text),
    };
    const source = holding({ 0: 'a', 1: 'b' }, { topic: 'source' });
    checkWork(judge, { source, sink: holding(made, { topic: 'sink' }), workOffset });
    expect(problems.length === 0).toBe(isRight);
  });

  it('X1 finds what a reader was shown and what is not committed, and what it was not shown', () => {
    const problems: string[] = [];
    const judge = {
      history: { transactions: [], plain: new Map(), plainSent: new Set<string>() },
      problem: (text: string) => void problems.push(text),
    };
    const seen = new Map([[0, { offset: 0, key: 'k', value: 'dirty' }]]);
    checkWatcher(judge, { topic: 'kept', partition: 0, seen, position: 9 }, holding({ 3: 'a', 9: 'later' }));
    expect(problems).toEqual([
      expect.stringContaining('kept/0 showed dirty at 0'),
      expect.stringContaining('without a at 3'),
    ]);
  });
});

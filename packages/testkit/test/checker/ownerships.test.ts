import { beforeEach, describe, expect, it } from 'vitest';
import { History } from '../../src/checker/history.ts';
import { findViolations } from '../../src/checker/find-violations.ts';
import type { Ownerships } from '../../src/checker/ownerships.ts';

const log = 't-0';
let history: History;
let owners: Ownerships;

beforeEach(() => {
  history = new History();
  owners = history.ownerships;
  owners.assigned('a', log, 0);
});

function kinds(): string[] {
  return findViolations(history, { records: [] }).map(({ kind }) => kind);
}

describe('Ownerships', () => {
  it('finds nothing wrong with a partition that goes from one to the next, in whichever way', () => {
    owners.handed('a', { log, offset: 0 }, 1);
    owners.letGo('a', log, 2);
    owners.assigned('b', log, 2);
    owners.handed('b', { log, offset: 1 }, 3);
    owners.left('b', 4, { isCertain: true });
    owners.assigned('c', log, 4);
    owners.assigned('c', 't-1', 4);
    expect([...owners.owners()]).toEqual(['c']);
    expect(kinds()).toEqual([]);
  });

  it('finds two owners of one partition, before the first of them lets go and afterwards', () => {
    owners.assigned('b', log, 5);
    expect(findViolations(history, { records: [] })).toEqual([{ kind: 'two owners', log, members: ['a', 'b'] }]);
    owners.letGo('a', log, 5);
    expect(kinds()).toEqual(['two owners']);
  });

  it('takes other partitions, and a member that is told twice, for no second owner', () => {
    owners.assigned('a', log, 1);
    owners.assigned('b', 't-1', 1);
    expect(kinds()).toEqual([]);
  });

  it('lets a member that was put out believe that it owns until its session has run out, and no longer', () => {
    owners.excuse('a', 10);
    owners.assigned('b', log, 5);
    owners.letGo('a', log, 10);
    expect(kinds()).toEqual([]);
    owners.assigned('a', log, 12);
    owners.letGo('a', log, 13);
    expect(kinds()).toEqual(['two owners']);
  });

  it('finds a member that was put out and believes for too long', () => {
    owners.excuse('a', 10);
    owners.assigned('b', log, 5);
    expect(kinds()).toEqual([]);
    owners.letGo('a', log, 10.5);
    expect(kinds()).toEqual(['two owners']);
  });

  it('lets a process that stood still hear late that it owns, and at once that it does not', () => {
    owners.excuse('b', 20);
    owners.assigned('b', log, 20);
    owners.letGo('b', log, 20);
    expect(kinds()).toEqual([]);
  });

  it('counts a member that ended by itself up to the last record that it was handed', () => {
    owners.assigned('b', log, 5);
    owners.left('a', 9, { isCertain: false });
    expect(kinds()).toEqual([]);
    owners.assigned('c', log, 10);
    owners.handed('b', { log, offset: 0 }, 11);
    owners.left('b', 12, { isCertain: false });
    expect(kinds()).toEqual(['two owners']);
  });

  it('counts a member that left, or died, up to that moment', () => {
    owners.assigned('b', log, 5);
    owners.left('a', 6, { isCertain: true });
    expect(kinds()).toEqual(['two owners']);
  });

  it('finds a member that is handed what it does not own', () => {
    owners.letGo('a', log, 1);
    owners.handed('a', { log, offset: 7 }, 1);
    expect(findViolations(history, { records: [] })).toEqual([
      { kind: 'handed without owning', member: 'a', handed: { log, offset: 7 } },
    ]);
  });
});

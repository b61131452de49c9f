import { describe, expect, it } from 'vitest';
import { assignRange } from '../../src/groups/range.ts';
import { taskOf } from './assignor-task.ts';

describe('range', () => {
  it("G2 gives contiguous pieces of each topic in the order of the members' names", () => {
    const task = taskOf({ a: 7, b: 3, c: 1 }, [
      { memberId: 'z', topics: ['a', 'b'] },
      { memberId: 'y', topics: ['a', 'b', 'c'] },
      { memberId: 'x', topics: ['a'] },
    ]);
    expect(assignRange(task).map((set) => Object.fromEntries(set))).toEqual([
      { a: [5, 6], b: [2] },
      { a: [3, 4], b: [0, 1], c: [0] },
      { a: [0, 1, 2] },
    ]);
  });

  it("G2 ranks static members by their names, so that a new process gets the old one's", () => {
    const task = taskOf({ a: 2 }, [
      { memberId: 'm', topics: ['a'] },
      { memberId: 'zz', topics: ['a'] },
    ]);
    const members = task.members.with(1, { ...task.members[1]!, instanceId: 'a-static' });
    expect(assignRange({ ...task, members }).map((set) => set.get('a'))).toEqual([[1], [0]]);
  });

  it('G2 leaves members beyond the number of partitions without any', () => {
    const task = taskOf(
      { a: 1 },
      ['x', 'y'].map((memberId) => ({ memberId, topics: ['a'] })),
    );
    expect(assignRange(task).map(({ size }) => size)).toEqual([1, 0]);
  });
});

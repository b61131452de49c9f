import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPartitions, difference } from '../../src/partitions.ts';
import type { PartitionsByTopic } from '../../src/partitions.ts';
import { assignUniform } from '../../src/groups/uniform.ts';
import { taskOf } from './assignor-task.ts';
import type { Wish } from './assignor-task.ts';

const names = ['a', 'b', 'c'];
const someTopics = fc.record({ a: fc.nat({ max: 9 }), b: fc.nat({ max: 9 }), c: fc.nat({ max: 9 }) });

function totalOf(topics: Readonly<Record<string, number>>): number {
  return Object.values(topics).reduce((sum, partitions) => sum + partitions, 0);
}

function moved(before: readonly PartitionsByTopic[], after: readonly PartitionsByTopic[]): number {
  return before.reduce((sum, set, index) => sum + countPartitions(difference(set, after[index]!)), 0);
}

/** Members that all want everything, with the targets that came about as they joined one by one. */
function grown(
  topics: Readonly<Record<string, number>>,
  members: number,
): { wishes: Wish[]; targets: readonly PartitionsByTopic[] } {
  let wishes: Wish[] = [];
  let targets: readonly PartitionsByTopic[] = [];
  for (let index = 0; index < members; index += 1) {
    wishes = [
      ...wishes.map((wish, at) => ({ ...wish, target: targets[at]! })),
      { memberId: `m${index}`, topics: names },
    ];
    targets = assignUniform(taskOf(topics, wishes));
  }
  return { wishes: wishes.map((wish, at) => ({ ...wish, target: targets[at]! })), targets };
}

describe('uniform', () => {
  it('G2 keeps members of equal subscriptions within one partition; one that joins moves no more than its share', () => {
    fc.assert(
      fc.property(someTopics, fc.integer({ min: 1, max: 12 }), (topics, members) => {
        const { wishes, targets } = grown(topics, members);
        const loads = targets.map(countPartitions);
        expect(loads.reduce((sum, load) => sum + load, 0)).toBe(totalOf(topics));
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
        const after = assignUniform(taskOf(topics, [...wishes, { memberId: 'new', topics: names }]));
        expect(moved(targets, after)).toBeLessThanOrEqual(Math.ceil(totalOf(topics) / (members + 1)));
        expect(countPartitions(after.at(-1)!)).toBe(moved(targets, after));
      }),
    );
  });

  it('G2 moves only what the one had who leaves', () => {
    fc.assert(
      fc.property(someTopics, fc.integer({ min: 2, max: 12 }), fc.nat(), (topics, members, pick) => {
        const { wishes } = grown(topics, members);
        const stayed = wishes.toSpliced(pick % members, 1);
        expect(
          moved(
            stayed.map(({ target }) => target!),
            assignUniform(taskOf(topics, stayed)),
          ),
        ).toBe(0);
      }),
    );
  });

  it('G2 changes nothing when it is asked again', () => {
    fc.assert(
      fc.property(someTopics, fc.array(fc.subarray(names), { minLength: 1, maxLength: 8 }), (topics, subscriptions) => {
        const wishes = subscriptions.map((wanted, index) => ({ memberId: `m${index}`, topics: wanted }));
        const targets = assignUniform(taskOf(topics, wishes));
        const again = assignUniform(
          taskOf(
            topics,
            wishes.map((wish, index) => ({ ...wish, target: targets[index]! })),
          ),
        );
        for (const [index, target] of again.entries()) expect(target).toBe(targets[index]);
      }),
    );
  });

  it('G2 is as equal as different subscriptions allow, whatever there was before', () => {
    const few = fc.record({ a: fc.nat({ max: 4 }), b: fc.nat({ max: 4 }), c: fc.nat({ max: 4 }) });
    const subscriptions = fc.array(fc.subarray(names), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(few, subscriptions, subscriptions, (topics, before, now) => {
        const old = assignUniform(
          taskOf(
            { a: 4, b: 4, c: 4 },
            before.map((wanted, index) => ({ memberId: `m${index}`, topics: wanted })),
          ),
        );
        const wishes = now.map((wanted, index) => ({
          memberId: `m${index}`,
          topics: wanted,
          ...(old[index] && { target: old[index] }),
        }));
        const targets = assignUniform(taskOf(topics, wishes));
        for (const [index, target] of targets.entries())
          for (const topic of target.keys()) expect(now[index]).toContain(topic);
        expect(sumOfSquares(targets.map(countPartitions))).toBe(leastSumOfSquares(topics, now));
      }),
    );
  });

  it('G2 spreads each topic too when there is a choice', () => {
    const { targets } = grown({ a: 4, b: 4, c: 4 }, 2);
    expect(targets.map((target) => [...target].map(([, list]) => list.length))).toEqual([
      [2, 2, 2],
      [2, 2, 2],
    ]);
  });
});

function sumOfSquares(loads: readonly number[]): number {
  return loads.reduce((sum, load) => sum + load * load, 0);
}

/** By trying everything: every way to share out the partitions of each topic, which loads can come of it. */
function leastSumOfSquares(
  topics: Readonly<Record<string, number>>,
  subscriptions: readonly (readonly string[])[],
): number {
  let reachable = new Map([['', subscriptions.map(() => 0)]]);
  for (const [name, partitions] of Object.entries(topics)) {
    const subscribers = [...subscriptions.keys()].filter((index) => subscriptions[index]!.includes(name));
    for (let left = subscribers.length === 0 ? 0 : partitions; left > 0; left -= 1) {
      const next = [...reachable.values()].flatMap((loads) =>
        subscribers.map((index) => loads.with(index, loads[index]! + 1)),
      );
      reachable = new Map(next.map((loads) => [loads.join(), loads]));
    }
  }
  return Math.min(...[...reachable.values()].map(sumOfSquares));
}

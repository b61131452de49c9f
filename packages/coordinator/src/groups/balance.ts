/**
 * Levels what members hold. Members are nodes; there is an edge from one to another when the first holds a partition of
 * a topic that the second wants. A chain of edges from a member to one with two partitions less moves one partition
 * along each edge: only the ends change their numbers, by one. When no such chain is left, the assignment is as equal
 * as subscriptions allow (the optimal semi-matching of Harvey, Ladner, Lovász and Tamir).
 *
 * Invariants:
 *  1. A settled member, and whoever it reaches, can never again be at the end of a chain: everybody reachable has at
 *     most one less than it, and the chains of the others never pass there.
 *  2. Members are settled from the largest holding down.
 */
import type { AssignableTopic, AssignmentTask } from './assignor.ts';
import type { Holding } from './holding.ts';

/** How a member was reached: somebody who holds a partition of `topic` could give it to this one. */
interface Edge {
  readonly from: number;
  readonly topic: AssignableTopic;
}

export class Balance {
  readonly #holdings: readonly Holding[];
  readonly #topics: ReadonlyMap<string, AssignableTopic>;
  readonly #isSettled: boolean[];

  constructor(task: AssignmentTask, holdings: readonly Holding[]) {
    this.#holdings = holdings;
    this.#topics = new Map(task.topics.map((topic) => [topic.topicId, topic]));
    this.#isSettled = holdings.map(() => false);
  }

  level(): void {
    for (;;) {
      const largest = this.#largestUnsettled();
      if (largest === null) return;
      const reached = new Map<number, Edge | null>([[largest, null]]);
      const end = this.#search(largest, reached);
      if (end === null) for (const member of reached.keys()) this.#isSettled[member] = true;
      else this.#moveAlong(reached, end);
    }
  }

  /** Null when no unsettled member has two more than the smallest holding: then there is nothing left to move. */
  #largestUnsettled(): number | null {
    let largest = -1;
    let smallestSize = Infinity;
    for (const [member, { size }] of this.#holdings.entries()) {
      if (this.#isSettled[member]) continue;
      smallestSize = Math.min(smallestSize, size);
      if (largest === -1 || size > this.#holdings[largest]!.size) largest = member;
    }
    return largest !== -1 && this.#holdings[largest]!.size >= smallestSize + 2 ? largest : null;
  }

  /** Breadth first: the smallest holding that can relieve `start` over the shortest chain; null when there is none. */
  #search(start: number, reached: Map<number, Edge | null>): number | null {
    const seenTopics = new Set<string>();
    let front = [start];
    while (front.length > 0) {
      const next = front.flatMap((member) => this.#expand(member, { reached, seenTopics }));
      const end = this.#smallest(next);
      if (end !== null && this.#holdings[end]!.size + 2 <= this.#holdings[start]!.size) return end;
      front = next;
    }
    return null;
  }

  /** Members that are newly reached from this one; through the topics of which it holds most first. */
  #expand(member: number, seen: { reached: Map<number, Edge | null>; seenTopics: Set<string> }): number[] {
    const holding = this.#holdings[member]!;
    const found: number[] = [];
    const topicIds = [...holding.topicIds()].filter((topicId) => !seen.seenTopics.has(topicId));
    for (const topicId of topicIds.sort((left, right) => holding.count(right) - holding.count(left))) {
      seen.seenTopics.add(topicId);
      const topic = this.#topics.get(topicId)!;
      for (const subscriber of topic.subscribers) {
        if (this.#isSettled[subscriber] || seen.reached.has(subscriber)) continue;
        seen.reached.set(subscriber, { from: member, topic });
        found.push(subscriber);
      }
    }
    return found;
  }

  #smallest(members: readonly number[]): number | null {
    let smallest: number | null = null;
    for (const member of members) {
      if (smallest === null || this.#holdings[member]!.size < this.#holdings[smallest]!.size) smallest = member;
    }
    return smallest;
  }

  #moveAlong(reached: ReadonlyMap<number, Edge | null>, end: number): void {
    let to = end;
    for (let edge = reached.get(to); edge !== null && edge !== undefined; edge = reached.get(to)) {
      const { topicId } = edge.topic;
      this.#holdings[to]!.add(topicId, this.#holdings[edge.from]!.take(topicId));
      to = edge.from;
    }
  }
}

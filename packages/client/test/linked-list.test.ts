import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { LinkedList } from '../src/linked-list.ts';
import type { ListNode } from '../src/linked-list.ts';

class Node implements ListNode<Node> {
  list: LinkedList<Node> | null = null;
  before: Node | null = null;
  after: Node | null = null;
}

describe('LinkedList', () => {
  it('behaves like a Set under any sequence of steps, and a node is in one list at most', () => {
    const step = fc.record({
      what: fc.constantFrom('add', 'add', 'remove', 'clear'),
      list: fc.nat(1),
      node: fc.nat(7),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const nodes = Array.from({ length: 8 }, () => new Node());
        const lists = [new LinkedList<Node>(), new LinkedList<Node>()] as const;
        const models = [new Set<Node>(), new Set<Node>()] as const;
        for (const { what, list, node: at } of steps) {
          const node = nodes[at] as Node;
          const [mine, model, other] = [lists[list]!, models[list]!, models[1 - list]!];
          if (what === 'add') {
            mine.add(node);
            model.add(node);
            other.delete(node);
          } else if (what === 'remove') {
            mine.remove(node);
            model.delete(node);
          } else {
            mine.clear();
            model.clear();
          }
          for (const which of [0, 1] as const) {
            expect(lists[which].toArray()).toEqual([...models[which]]);
            expect(lists[which].length).toBe(models[which].size);
            expect(lists[which].first).toBe([...models[which]][0] ?? null);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('leaves who is gone without neighbours, and without a list', () => {
    const list = new LinkedList<Node>();
    const nodes = [new Node(), new Node(), new Node()];
    for (const node of nodes) list.add(node);
    list.remove(nodes[1] as Node);
    list.clear();
    for (const { list: of, before, after } of nodes) expect([of, before, after]).toEqual([null, null, null]);
  });
});

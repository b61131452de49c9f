import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AckTracker } from '../../src/group/ack-tracker.ts';
import { KeyLanes } from '../../src/group/key-lanes.ts';
import type { LaneTicket } from '../../src/group/key-lanes.ts';

interface Item {
  readonly owner: number;
  readonly key: string | null;
  readonly offset: number;
  readonly sequence: number;
}

interface Run {
  readonly handedOut: Item[];
  readonly inWorkMax: number;
}

/**
 * Runs items of two owners through the lanes, finishing in an order that the choices say, and checks what must hold
 * throughout.
 */
function run(keys: readonly (string | null)[], o: { max: number; aheadMax: number; choices: readonly number[] }): Run {
  const lanes = new KeyLanes<Item>({ max: o.max, aheadMax: o.aheadMax });
  const owners = [{}, {}];
  const trackers = owners.map(() => new AckTracker(0));
  const done = owners.map(() => new Set<number>());
  const handedOut: Item[] = [];
  const inWork: LaneTicket<Item>[] = [];
  let [admitted, inWorkMax] = [0, 0];
  for (let turn = 0; handedOut.length < keys.length || inWork.length > 0; turn += 1) {
    while (lanes.wantsMore && admitted < keys.length) {
      const owner = admitted % 2;
      const offset = Math.floor(admitted / 2);
      const key = keys[admitted] ?? null;
      const sequence = (trackers[owner] as AckTracker).add(offset, offset + 1);
      lanes.admit({ owner, key, offset, sequence }, { owner: owners[owner] as object, key });
      admitted += 1;
    }
    for (let ticket = lanes.take(); ticket !== null; ticket = lanes.take()) {
      const { owner, key } = ticket.item;
      expect(key !== null && inWork.some(({ item }) => item.owner === owner && item.key === key)).toBe(false);
      handedOut.push(ticket.item);
      inWork.push(ticket);
    }
    inWorkMax = Math.max(inWorkMax, inWork.length);
    expect(admitted - handedOut.length).toBeLessThanOrEqual(o.aheadMax);
    const [finished] = inWork.splice((o.choices[turn % o.choices.length] ?? 0) % Math.max(1, inWork.length), 1) as [
      LaneTicket<Item>,
    ];
    const { owner, offset, sequence } = finished.item;
    (trackers[owner] as AckTracker).ack(sequence);
    (done[owner] as Set<number>).add(offset);
    lanes.finish(finished);
    for (const [index, tracker] of trackers.entries()) {
      for (let before = 0; before < tracker.prefix; before += 1) expect(done[index]?.has(before)).toBe(true);
    }
  }
  return { handedOut, inWorkMax };
}

describe('key lanes', () => {
  it('B5 hand out every item once, those of one key in order and one at a time, and leave the prefix right', () => {
    const keys = fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: null, freq: 4 }), { maxLength: 80 });
    const choices = fc.array(fc.nat(100), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        keys,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 20 }),
        choices,
        (wanted, max, aheadMax, order) => {
          const { handedOut, inWorkMax } = run(wanted, { max, aheadMax: Math.max(max, aheadMax), choices: order });
          expect(inWorkMax).toBeLessThanOrEqual(max);
          expect(new Set(handedOut.map(({ owner, offset }) => `${owner}/${offset}`)).size).toBe(wanted.length);
          for (const [, ofKey] of Map.groupBy(handedOut, ({ owner, key }) => `${owner}/${key}`)) {
            if (ofKey[0]?.key === null) continue;
            expect(ofKey.map(({ offset }) => offset)).toEqual(
              ofKey.map(({ offset }) => offset).toSorted((a, b) => a - b),
            );
          }
        },
      ),
    );
  });

  it('B5 let other keys overtake a slow one', () => {
    const lanes = new KeyLanes<string>({ max: 2, aheadMax: 10 });
    const owner = {};
    for (const item of ['slow1', 'slow2', 'fast1', 'fast2']) lanes.admit(item, { owner, key: item.slice(0, 4) });
    expect(lanes.take()?.item).toBe('slow1');
    const fast = lanes.take() as LaneTicket<string>;
    expect([fast.item, lanes.take()]).toEqual(['fast1', null]);
    lanes.finish(fast);
    expect(lanes.take()?.item).toBe('fast2');
  });

  it('hand out nothing more of an owner that is closing, and free its places when it is gone', () => {
    const lanes = new KeyLanes<string>({ max: 2, aheadMax: 3 });
    const [going, staying] = [{}, {}];
    for (const item of ['a1', 'a2', 'b1']) lanes.admit(item, { owner: going, key: item.slice(0, 1) });
    const inWork = lanes.take() as LaneTicket<string>;
    lanes.closeOwner(going);
    lanes.admit('c1', { owner: staying, key: 'c' });
    lanes.admit('d1', { owner: staying, key: 'd' });
    expect([lanes.take()?.item, lanes.take()]).toEqual(['c1', null]);
    lanes.finish(inWork);
    expect(lanes.take()?.item).toBe('d1');
    lanes.drop(going);
    lanes.drop(staying);
    lanes.admit('e1', { owner: staying, key: 'c' });
    expect(lanes.take()?.item).toBe('e1');
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coordinatorLimits, createProducerIds, producerEpochMax, reserve } from '../src/index.ts';
import type { ProducerIds, ProducerIdsCommand, ProducerIdsStep } from '../src/index.ts';

const size = coordinatorLimits.producerIdBlockSize;

function run(state: ProducerIds, ...commands: ProducerIdsCommand[]): ProducerIdsStep {
  let step: ProducerIdsStep = { state, result: { kind: 'none' }, effects: [] };
  for (const command of commands) step = reserve(step.state, command);
  return step;
}

describe('ProducerIds', () => {
  it('P4 asks for a durable block before it hands out the first id', () => {
    const first = reserve(createProducerIds(0), { kind: 'new' });
    expect(first.result).toEqual({ kind: 'wait' });
    expect(first.effects).toEqual([{ kind: 'reserve-block', size }]);

    const second = reserve(first.state, { kind: 'new' });
    expect(second.result).toEqual({ kind: 'wait' });
    expect(second.effects).toEqual([]);

    const third = run(second.state, { kind: 'block-reserved', firstId: 0, size }, { kind: 'new' });
    expect(third.result).toEqual({ kind: 'identity', identity: { producerId: 0, producerEpoch: 0 } });
  });

  it('P4 asks again after a block was refused', () => {
    const refused = run(createProducerIds(0), { kind: 'new' }, { kind: 'block-refused' });
    expect(refused.effects).toEqual([]);
    expect(reserve(refused.state, { kind: 'new' }).effects).toEqual([{ kind: 'reserve-block', size }]);
  });

  it('P4 never hands out an id twice, over blocks and restarts', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('new', 'restart'), { maxLength: 60 }), (events) => {
        let durableEnd = 0;
        let state = createProducerIds(durableEnd);
        const seen = new Set<number>();
        for (const event of events) {
          if (event === 'restart') {
            state = createProducerIds(durableEnd);
            continue;
          }
          let step = reserve(state, { kind: 'new' });
          if (step.result.kind === 'wait') {
            // A small block, so that blocks are used up within the run.
            step = run(step.state, { kind: 'block-reserved', firstId: durableEnd, size: 3 }, { kind: 'new' });
            durableEnd += 3;
          }
          state = step.state;
          if (step.result.kind !== 'identity') throw new Error(`no id: ${step.result.kind}`);
          const id = step.result.identity.producerId;
          expect(seen.has(id)).toBe(false);
          expect(id).toBeLessThan(durableEnd);
          seen.add(id);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('P4 raises the epoch of a known id, also of one from before a restart', () => {
    const state = createProducerIds(5000);
    const step = reserve(state, { kind: 'bump', identity: { producerId: 17, producerEpoch: 4 } });
    expect(step.result).toEqual({ kind: 'identity', identity: { producerId: 17, producerEpoch: 5 } });
    expect(step.state).toEqual(state);
  });

  it('P4 does not know ids that were never claimed', () => {
    for (const producerId of [-2, 5000, 2 ** 40]) {
      const step = reserve(createProducerIds(5000), { kind: 'bump', identity: { producerId, producerEpoch: 0 } });
      expect(step.result).toEqual({ kind: 'unknown-id' });
    }
  });

  it('P4 gives a new id when the epoch is exhausted', () => {
    const state = run(createProducerIds(10), { kind: 'new' }, { kind: 'block-reserved', firstId: 10, size: 5 }).state;
    const last = reserve(state, { kind: 'bump', identity: { producerId: 3, producerEpoch: producerEpochMax - 1 } });
    expect(last.result).toEqual({ kind: 'identity', identity: { producerId: 3, producerEpoch: producerEpochMax } });
    const next = reserve(state, { kind: 'bump', identity: { producerId: 3, producerEpoch: producerEpochMax } });
    expect(next.result).toEqual({ kind: 'identity', identity: { producerId: 10, producerEpoch: 0 } });
  });

  it('P4 refuses a block that overlaps ids handed out before', () => {
    expect(() => reserve(createProducerIds(1000), { kind: 'block-reserved', firstId: 999, size: 10 })).toThrow(
      /overlaps/,
    );
    expect(() => reserve(createProducerIds(1000), { kind: 'block-reserved', firstId: 1000, size: 0 })).toThrow(
      /overlaps/,
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProducerBatch, ProducerEntry } from '../../src/producers/producer-entry.ts';
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../src/producers/producer-snapshot.ts';
import { ProducerState } from '../../src/producers/producer-state.ts';
import { sequenceMax } from '../../src/producers/sequence.ts';

const limits = { producerBatchesKept: 5, producersMax: 100, producerExpiryMs: 1_000 };

function batch(
  baseSequence: number,
  o: { records?: number; producerId?: number; epoch?: number; maxTimestamp?: number } = {},
): ProducerBatch {
  return {
    producerId: o.producerId ?? 7,
    producerEpoch: o.epoch ?? 0,
    baseSequence,
    lastOffsetDelta: (o.records ?? 1) - 1,
    maxTimestamp: o.maxTimestamp ?? 500,
  };
}

/** Appends as the log does: check, then apply at the end. */
function append(state: ProducerState, at: { end: number }, candidate: ProducerBatch, now = 0): string {
  const check = state.check(candidate, now);
  if (check.kind === 'duplicate') return `duplicate ${check.baseOffset}-${check.lastOffset}`;
  const baseOffset = at.end;
  state.apply(candidate, baseOffset, now);
  at.end += candidate.lastOffsetDelta + 1;
  return `appended ${baseOffset}`;
}

/** As a snapshot has them: without transactions. */
function entriesOf(state: ProducerState): ProducerEntry[] {
  return [...state.entries()].map((entry) => ({ ...entry, currentTransactionFirstOffset: -1 }));
}

function snapshotOf(state: ProducerState): unknown {
  return [...state.entries()].sort((a, b) => a.producerId - b.producerId);
}

describe('ProducerState', () => {
  it('P4 accepts any first sequence of an unknown producer', () => {
    const state = new ProducerState(limits);
    expect(state.check(batch(4_711), 0)).toEqual({ kind: 'accept' });
  });

  it('P4 forgets the producer that appended last, too: cleared, expired or loaded anew', () => {
    const cleared = new ProducerState(limits);
    append(cleared, { end: 9 }, batch(0));
    cleared.settle(10);
    cleared.clear();
    expect(cleared.check(batch(5), 0)).toEqual({ kind: 'accept' });
    append(cleared, { end: 0 }, batch(0));
    cleared.rollbackTo(0);
    expect(cleared.size).toBe(0);

    const expired = new ProducerState(limits);
    append(expired, { end: 0 }, batch(0));
    expired.settle(1);
    expect(expired.expire(limits.producerExpiryMs)).toBe(1);
    append(expired, { end: 1 }, batch(5), limits.producerExpiryMs);
    expect([expired.size, expired.lastOffsetOf(7)]).toEqual([1, 1]);

    const loaded = new ProducerState(limits);
    append(loaded, { end: 0 }, batch(0));
    const other = new ProducerState(limits);
    append(other, { end: 40 }, batch(30));
    loaded.load(other.entries(), 0);
    expect(loaded.check(batch(31), 0)).toEqual({ kind: 'accept' });
    expect(loaded.check(batch(30), 0)).toMatchObject({ kind: 'duplicate', baseOffset: 40 });
  });

  it('P4 answers a resent batch with its original offsets, for the last five batches', () => {
    const state = new ProducerState(limits);
    const at = { end: 100 };
    for (let i = 0; i < 6; i++) append(state, at, batch(i * 3, { records: 3, maxTimestamp: 1_000 + i }));
    for (let i = 1; i < 6; i++) {
      expect(state.check(batch(i * 3, { records: 3 }), 0)).toEqual({
        kind: 'duplicate',
        baseOffset: 100 + i * 3,
        lastOffset: 102 + i * 3,
        appendTimeMs: 1_000 + i,
      });
    }
  });

  it('P4 refuses a batch older than the remembered ones, a gap, and a repeat of another shape', () => {
    const state = new ProducerState(limits);
    const at = { end: 0 };
    for (let i = 0; i < 6; i++) append(state, at, batch(i));
    const refused = (candidate: ProducerBatch): unknown => {
      try {
        return state.check(candidate, 0);
      } catch (error) {
        return error;
      }
    };
    const details = { producerId: 7, producerEpoch: 0, expected: 6 };
    expect(refused(batch(0))).toMatchObject({ code: 'OUT_OF_ORDER_SEQUENCE', details: { ...details, got: 0 } });
    expect(refused(batch(7))).toMatchObject({ code: 'OUT_OF_ORDER_SEQUENCE', details: { ...details, got: 7 } });
    expect(refused(batch(5, { records: 2 }))).toMatchObject({ code: 'OUT_OF_ORDER_SEQUENCE' });
  });

  it('P4 lets a new epoch start at 0 only, and fences the old one', () => {
    const state = new ProducerState(limits);
    const at = { end: 0 };
    append(state, at, batch(10));
    expect(() => state.check(batch(11, { epoch: 1 }), 0)).toThrow(
      expect.objectContaining({ code: 'OUT_OF_ORDER_SEQUENCE' }),
    );
    expect(append(state, at, batch(0, { epoch: 1 }))).toBe('appended 1');
    expect(() => state.check(batch(11), 0)).toThrow(
      expect.objectContaining({ code: 'STALE_PRODUCER_EPOCH', details: { producerId: 7, currentEpoch: 1, got: 0 } }),
    );
    // A batch of the old epoch is no duplicate of one in the new epoch with the same numbers.
    expect(append(state, at, batch(0, { epoch: 1 }))).toBe('duplicate 1-1');
  });

  it('P4 wraps the sequence from 2^31-1 to 0, between batches and inside one', () => {
    const state = new ProducerState(limits);
    const at = { end: 0 };
    append(state, at, batch(sequenceMax - 1, { records: 2 }));
    expect(append(state, at, batch(0))).toBe('appended 2');
    const inside = new ProducerState(limits);
    const from = { end: 0 };
    append(inside, from, batch(sequenceMax, { records: 3 }));
    expect(append(inside, from, batch(2))).toBe('appended 3');
    expect(append(inside, from, batch(sequenceMax, { records: 3 }))).toBe('duplicate 0-2');
  });

  it('P4 leaves producers without an id alone', () => {
    const state = new ProducerState(limits);
    const at = { end: 0 };
    const plain = { ...batch(-1), producerId: -1, producerEpoch: -1 };
    expect(append(state, at, plain)).toBe('appended 0');
    expect(append(state, at, plain)).toBe('appended 1');
    expect(state.size).toBe(0);
  });

  it('P4 forgets a producer after it was idle for the limit, and not before', () => {
    const state = new ProducerState(limits);
    const at = { end: 0 };
    append(state, at, batch(0), 0);
    append(state, at, batch(0, { producerId: 8 }), 500);
    state.settle(at.end);
    expect(() => state.check(batch(9), 999)).toThrow(expect.objectContaining({ code: 'OUT_OF_ORDER_SEQUENCE' }));
    expect(state.check(batch(9), 1_000)).toEqual({ kind: 'accept' });
    expect(state.expire(1_000)).toBe(1);
    expect([...state.entries()].map((entry) => entry.producerId)).toEqual([8]);
  });

  it('P4 evicts the longest idle producer when there are too many', () => {
    const state = new ProducerState({ ...limits, producersMax: 2 });
    const at = { end: 0 };
    append(state, at, batch(0, { producerId: 1 }));
    append(state, at, batch(0, { producerId: 2 }));
    append(state, at, batch(1, { producerId: 1 }));
    append(state, at, batch(0, { producerId: 3 }));
    expect([...state.entries()].map((entry) => entry.producerId)).toEqual([1, 3]);
    state.rollbackTo(3);
    expect([...state.entries()].map((entry) => entry.producerId).toSorted((a, b) => a - b)).toEqual([1, 2]);
    expect(append(state, at, batch(0, { producerId: 2 }))).toBe('duplicate 1-1');
  });

  it('S2 keeps the order of last appends also after some were taken back', () => {
    const state = new ProducerState({ ...limits, producersMax: 2 });
    const at = { end: 0 };
    append(state, at, batch(0, { producerId: 1 }));
    append(state, at, batch(0, { producerId: 2 }));
    // Forgets the first one, who is back behind the second once this is taken back.
    append(state, at, batch(0, { producerId: 3 }));
    append(state, at, batch(1, { producerId: 2 }));
    state.rollbackTo(2);
    at.end = 2;
    append(state, at, batch(1, { producerId: 2 }));
    expect([...state.entries()].map((entry) => entry.producerId)).toEqual([1, 2]);
  });

  it('S2 does not forget by idleness what could still be taken back', () => {
    const state = new ProducerState(limits);
    append(state, { end: 0 }, batch(0), 0);
    expect(state.expire(5_000)).toBe(0);
    state.settle(1);
    expect(state.expire(5_000)).toBe(1);
  });

  it('P4 begins memory anew where a replayed log has a gap, and skips batches of a fenced epoch', () => {
    const state = new ProducerState(limits);
    state.replay(batch(0), 0, 0);
    state.replay(batch(5), 10, 0);
    expect(state.check(batch(5), 0)).toMatchObject({ kind: 'duplicate', baseOffset: 10 });
    expect(() => state.check(batch(0), 0)).toThrow(expect.objectContaining({ code: 'OUT_OF_ORDER_SEQUENCE' }));
    state.replay(batch(0, { epoch: 2 }), 11, 0);
    state.replay(batch(6, { epoch: 1 }), 12, 0);
    expect(state.lastOffsetOf(7)).toBe(11);
    expect(state.lastOffsetOf(99)).toBe(-1);
  });

  it('P4 knows all five batches again from a snapshot', () => {
    const full = new ProducerState(limits);
    for (let i = 0; i < 8; i++) full.replay(batch(i), i, 0);
    const restored = new ProducerState(limits);
    restored.load(decodeProducerSnapshot(encodeProducerSnapshot(entriesOf(full)), 0), 0);
    for (let i = 3; i < 8; i++) expect(restored.check(batch(i), 0)).toMatchObject({ kind: 'duplicate', baseOffset: i });
    expect(() => restored.check(batch(2), 0)).toThrow(/expected sequence 8, got 2/);
  });

  it('S2 forgets by idleness what a snapshot or the log brought, also when nothing was appended since', () => {
    const before = new ProducerState(limits);
    append(before, { end: 40 }, batch(30));
    const loaded = new ProducerState(limits);
    loaded.load(before.entries(), 0);
    expect(loaded.expire(limits.producerExpiryMs)).toBe(1);
    const replayed = new ProducerState(limits);
    replayed.replay(batch(30, { records: 2 }), 40, 0);
    expect(replayed.expire(limits.producerExpiryMs)).toBe(1);
  });

  it('P4 remembers five batches and no more, however many of them wait at once', () => {
    const state = new ProducerState(limits);
    const at = { end: 0 };
    for (let i = 0; i < 40; i += 1) {
      append(state, at, batch(i));
      if (i % 13 === 12) state.settle(at.end);
      const [entry] = [...state.entries()];
      expect(entry?.batches.map(({ lastOffset }) => lastOffset)).toEqual(
        Array.from({ length: Math.min(5, i + 1) }, (_, index) => Math.max(0, i - 4) + index),
      );
    }
    state.rollbackTo(39);
    expect([...state.entries()][0]?.batches.map(({ lastSequence }) => lastSequence)).toEqual([34, 35, 36, 37, 38]);
    expect(append(state, { end: 39 }, batch(39))).toBe('appended 39');
  });

  it('P4 remembers them for as long as the producer goes on, and when a long tail of them is taken back', () => {
    const state = new ProducerState(limits);
    const at = { end: 0 };
    const offsets = (): unknown => [...state.entries()][0]?.batches.map(({ lastOffset }) => lastOffset);
    for (let i = 0; i < 100; i += 1) {
      append(state, at, batch(i));
      state.settle(at.end);
      expect(offsets()).toEqual(Array.from({ length: Math.min(5, i + 1) }, (_, index) => Math.max(0, i - 4) + index));
    }
    for (let i = 100; i < 140; i += 1) append(state, at, batch(i));
    state.settle(110);
    for (let i = 140; i < 150; i += 1) append(state, at, batch(i));
    state.rollbackTo(112);
    expect(offsets()).toEqual([107, 108, 109, 110, 111]);
    // What is durable stays, whatever is asked for.
    state.rollbackTo(0);
    expect(offsets()).toEqual([105, 106, 107, 108, 109]);
    expect(append(state, { end: 110 }, batch(110))).toBe('appended 110');
  });

  it('S2 takes back the first batch of a producer that a foreign snapshot has without any', () => {
    const state = new ProducerState(limits);
    const entry = {
      producerId: 7,
      epoch: 3,
      batches: [],
      lastSeenMs: 0,
      coordinatorEpoch: 4,
    };
    state.load([entry], 0);
    append(state, { end: 0 }, batch(0, { epoch: 3 }), 10);
    append(state, { end: 1 }, batch(1, { epoch: 3 }), 10);
    expect([...state.entries()]).toMatchObject([
      { coordinatorEpoch: 4, batches: [{ lastOffset: 0 }, { lastOffset: 1 }] },
    ]);
    state.rollbackTo(0);
    expect([...state.entries()]).toEqual([entry]);
  });

  const step = fc.record({
    producerId: fc.integer({ min: 1, max: 4 }),
    epoch: fc.integer({ min: 0, max: 2 }),
    sequence: fc.integer({ min: 0, max: 4 }),
    records: fc.integer({ min: 1, max: 3 }),
    advance: fc.integer({ min: 0, max: 120 }),
    settles: fc.boolean(),
  });

  it('S2 a rollback restores exactly the state at that offset, whatever was settled before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), fc.nat(40), (steps, settleAt, rollbackAt) => {
        const state = new ProducerState({ producerBatchesKept: 2, producersMax: 3, producerExpiryMs: 300 });
        const history = appendAll(state, steps);
        const ends = [...history.keys()].filter((end) => end >= history.settled);
        const [settled, target] = [settleAt % ends.length, rollbackAt % ends.length].toSorted((a, b) => a - b) as [
          number,
          number,
        ];
        state.settle(ends[settled]!);
        state.rollbackTo(ends[target]!);
        expect(snapshotOf(state)).toEqual(history.get(ends[target]!));
      }),
      { numRuns: 300 },
    );
  });
});

interface Step {
  readonly producerId: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly records: number;
  readonly advance: number;
  /** All but the last append become durable. */
  readonly settles: boolean;
}

/** The state at each end offset that the log went through, and up to which it was durable at last. */
class History extends Map<number, unknown> {
  settled = 0;
}

/** Appends what is not refused. */
function appendAll(state: ProducerState, steps: Step[]): History {
  const at = { end: 0 };
  const history = new History([[0, snapshotOf(state)]]);
  let now = 0;
  for (const { producerId, epoch, sequence, records, advance, settles } of steps) {
    const before = at.end;
    now += advance;
    try {
      append(state, at, batch(sequence, { producerId, epoch, records }), now);
    } catch {
      continue;
    }
    history.set(at.end, snapshotOf(state));
    if (settles) state.settle(before);
    if (settles) history.settled = before;
  }
  return history;
}

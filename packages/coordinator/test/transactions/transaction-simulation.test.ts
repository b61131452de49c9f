import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTransactionRecord, encodeTransactionRecord, outcomeOf, TransactionImage } from '../../src/index.ts';
import type { Outcome, ProducerIdentity, TransactionResult } from '../../src/index.ts';
import { codeOf, DrivenTransaction, transactionalId } from './driven-transaction.ts';

const instance = fc.nat({ max: 1 });
const isLost = fc.boolean();
const event = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('init' as const), instance, goesOn: fc.boolean(), isLost }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('join' as const), instance, partition: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stage' as const), instance, offset: fc.nat({ max: 99 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      instance,
      outcome: fc.constantFrom<Outcome[]>('commit', 'abort'),
      isLost,
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('told' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 4_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** Two instances of one program share a transactional id. Whatever they do, what was promised once stays so. */
class World {
  readonly driven = new DrivenTransaction();
  readonly #known: (ProducerIdentity | null)[] = [null, null];
  /** How the transaction of each producer and epoch was decided, once it was. */
  readonly #decided = new Map<string, Outcome>();
  #last: ProducerIdentity = { producerId: -1, producerEpoch: -1 };

  play(script: readonly Event[]): void {
    for (const step of script) {
      this.#one(step);
      this.#check();
    }
  }

  #one(step: Event): void {
    const { driven } = this;
    const producer = 'instance' in step ? this.#known[step.instance]! : null;
    switch (step.kind) {
      case 'init': {
        const expected = step.goesOn ? producer : null;
        this.#learn(step, driven.step({ kind: 'init', transactionalId, timeoutMs: 3_000, expected }));
        break;
      }
      case 'join':
        if (producer !== null) driven.join(producer, step.partition);
        break;
      case 'stage':
        if (producer !== null) driven.stage(producer, 'readers', step.offset);
        break;
      case 'end':
        if (producer !== null) this.#end(step, producer);
        break;
      case 'told':
        driven.step({ kind: 'told' });
        break;
      case 'pass':
        driven.pass(step.ms);
        break;
      case 'abort':
        driven.step({ kind: 'abort' });
        break;
      case 'restart':
        this.#restart();
        break;
    }
  }

  #learn(step: { readonly instance: number; readonly isLost: boolean }, result: TransactionResult): void {
    if (result.kind === 'producer' && !step.isLost) this.#known[step.instance] = result.producer;
  }

  #end(step: Event & { kind: 'end' }, producer: ProducerIdentity): void {
    const wasOngoing = this.driven.transaction?.state === 'ongoing';
    const result = this.driven.end(producer, step.outcome);
    this.#learn(step, result);
    const { transaction } = this.driven;
    // Whoever is told that it ended so, or that it is ending so, can count on it.
    if (result.kind === 'producer' || result.kind === 'ending') expect(outcomeOf(transaction!)).toBe(step.outcome);
    if (result.kind === 'producer' && step.outcome === 'commit')
      expect(this.#decided.get(keyOf(producer))).toBe('commit');
    if (codeOf(result) === 'PRODUCER_FENCED' && wasOngoing) expect(transaction!.state).toBe('ongoing');
  }

  #restart(): void {
    const image = new TransactionImage();
    for (const record of this.driven.records) {
      const { key, value } = encodeTransactionRecord(record);
      image.apply(decodeTransactionRecord(key, value)!);
    }
    const { nowMs, wallMs } = this.driven;
    const [revived = null] = image.transactions({ nowMs, wallMs });
    expect(revived).toEqual(this.driven.transaction);
    this.driven.transaction = revived;
  }

  #check(): void {
    const { transaction } = this.driven;
    if (transaction === null) return;
    const { producer, previous, next, state, partitions, offsets } = transaction;
    const isLater =
      producer.producerId > this.#last.producerId
      || (producer.producerId === this.#last.producerId && producer.producerEpoch >= this.#last.producerEpoch);
    expect(isLater, 'epochs only rise').toBe(true);
    this.#last = producer;
    expect(next !== null).toBe(state === 'prepareCommit' || state === 'prepareAbort');
    if (!state.startsWith('prepare') && state !== 'ongoing') expect(partitions.size + offsets.size).toBe(0);
    const outcome = outcomeOf(transaction);
    if (outcome === null || previous === null) return;
    const before = this.#decided.get(keyOf(previous));
    expect(before ?? outcome, 'an outcome never changes').toBe(outcome);
    this.#decided.set(keyOf(previous), outcome);
  }
}

function keyOf({ producerId, producerEpoch }: ProducerIdentity): string {
  return `${producerId}/${producerEpoch}`;
}

describe('X1 transactions under whatever happens', () => {
  it('X1 keep every promise', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 80, size: 'max' }), (script) => {
        new World().play(script);
      }),
      { numRuns: 300 },
    );
  });

  it('X1 reach every state in such a play', () => {
    const seen = new Set<string>();
    for (const script of fc.sample(fc.array(event, { minLength: 80, maxLength: 80 }), { numRuns: 100, seed: 1 })) {
      const world = new World();
      for (const step of script) {
        world.play([step]);
        const { transaction } = world.driven;
        if (transaction !== null) seen.add(`${transaction.state} ${transaction.cause}`);
      }
    }
    expect([...seen].toSorted()).toEqual(
      expect.arrayContaining([
        'completeAbort fence',
        'completeAbort operator',
        'completeAbort producer',
        'completeAbort timeout',
        'completeCommit producer',
        'empty null',
        'ongoing null',
        'prepareAbort fence',
        'prepareAbort timeout',
        'prepareCommit producer',
      ]),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { pairedRatio, runCase } from '../src/runner.ts';
import { runScripted, scripted, scriptedCase } from './sample-results.ts';

describe('runCase', () => {
  it('Z1 runs the variants in turn, each time another one first, and compares round by round', async () => {
    const order: string[] = [];
    // The machine halves its speed in the second round: the medians would say otherwise.
    const subject = scriptedCase([
      scripted('ceiling', [100, 50, 100], order),
      scripted('product', [80, 40, 90], order),
    ]);
    const [result] = await runScripted(subject, 3);
    expect(order).toEqual(['ceiling', 'product', 'product', 'ceiling', 'ceiling', 'product']);
    expect(result!.ratios.ceiling).toEqual({ median: 0.8, min: 0.8, max: 0.9, rounds: 3 });
    expect(result!.variants.map(({ value }) => value.median)).toEqual([100, 80]);
  });

  it('makes the machine the same before each run', async () => {
    const order: string[] = [];
    const subject = scriptedCase([scripted('ceiling', [1, 1], order), scripted('product', [1, 1], order)]);
    await runCase(subject, { rounds: 2, onRun: () => undefined, beforeRun: async () => void order.push('before') });
    expect(order).toEqual(['before', 'ceiling', 'before', 'product', 'before', 'product', 'before', 'ceiling']);
  });

  it('makes a row of its own of each reading, with ratios of its own', async () => {
    const variants = [
      scripted('ceiling', [{ value: 10, details: { p99Ms: 4 } }]),
      scripted('product', [{ value: 5, details: { p99Ms: 6 } }]),
    ];
    const results = await runScripted(
      scriptedCase(variants, {
        base: 'something',
        readings: [{ name: 'p99', unit: 'ms', better: 'lower', of: 'p99Ms' }],
      }),
      1,
    );
    expect(results.map(({ name }) => name)).toEqual(['a case', 'p99']);
    expect(results[1]).toMatchObject({ unit: 'ms', better: 'lower', base: null, ratios: { ceiling: { median: 1.5 } } });
  });

  it('keeps what was measured before a failure, and cleans up', async () => {
    let cleaned = 0;
    const subject = scriptedCase([scripted('product', [1])], { cleanUp: async () => void (cleaned += 1) });
    const [result] = await runScripted(subject, 2);
    expect(result!.failure).toBe('product has no further sample');
    expect(result!.variants[0]!.value.rounds).toBe(1);
    expect(cleaned).toBe(1);
  });

  it('says why a variant, or a whole case, was left out, and prepares nothing for it', async () => {
    let prepared = 0;
    const prepare = async (): Promise<void> => void (prepared += 1);
    const cold = { ...scripted('files', [1]), whyNot: async () => 'not root' };
    const [partly] = await runScripted(scriptedCase([cold, scripted('product', [1])], { prepare }), 1);
    expect(partly!.skips).toEqual([{ variant: 'files', why: 'not root' }]);
    expect(partly!.variants.map(({ name }) => name)).toEqual(['product']);
    const [wholly] = await runScripted(
      scriptedCase([scripted('product', [1])], { prepare, whyNot: async () => 'no room' }),
      1,
    );
    expect(wholly).toMatchObject({ variants: [], skips: [{ variant: null, why: 'no room' }], failure: null });
    expect(prepared).toBe(1);
  });
});

describe('pairedRatio', () => {
  it('uses the rounds that both have', () => {
    expect(pairedRatio({ of: [2, 3, 4], to: [1, 1] })).toEqual({ median: 2.5, min: 2, max: 3, rounds: 2 });
    expect(pairedRatio({ of: [1], to: [] })).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { judge } from '../src/targets.ts';
import type { Target } from '../src/targets.ts';
import { runScripted, scripted, scriptedCase } from './sample-results.ts';

const common = { what: 'what', group: 'a group', case: 'a case' } as const;

describe('judge', () => {
  it('compares ratios of rounds, details with details of another program, and plain numbers', async () => {
    const echo = scripted('ceiling', [
      { value: 10, details: { p50Ms: 1 } },
      { value: 20, details: { p50Ms: 4 } },
    ]);
    const product = scripted('product', [
      { value: 8, details: { p99Ms: 5 } },
      { value: 10, details: { p99Ms: 8 } },
    ]);
    const results = await runScripted(scriptedCase([echo, product]), 2);
    const wanted: Target[] = [
      { ...common, per: { variant: 'ceiling' }, atLeast: 0.65 },
      { ...common, per: { variant: 'ceiling' }, atLeast: 0.66 },
      { ...common, of: 'p99Ms', per: { variant: 'ceiling', of: 'p50Ms' }, atMost: 3.5 },
      { ...common, atMost: 8.9, unit: 'ms' },
      { ...common, case: 'another case', atMost: 1 },
      { ...common, of: 'nothing', atMost: 1 },
      { ...common, per: { variant: 'base' }, atMost: 1 },
    ];
    const judged = judge(results, wanted);
    expect(judged.map(({ verdict }) => verdict)).toEqual([
      'reached',
      'not reached',
      'reached',
      'not reached',
      'not measured',
      'not measured',
      'not measured',
    ]);
    expect(judged.map(({ measured }) => measured?.median)).toEqual([
      0.65,
      0.65,
      3.5,
      9,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { jobsOf, proofRigs, seedOfDay } from './proof-rigs.ts';
import type { ProofRig } from './proof-rigs.ts';

const rigs: readonly ProofRig[] = [
  { name: 'kill', ci: '200', full: '10000' },
  { name: 'damage', ci: '6000', full: 'all', isDivisible: true },
  { name: 'recovery', option: 'gib', ci: '1', full: '10', isAlone: true },
];
const options = { isFull: false, counts: {}, seed: 5, lanes: 2 };

describe('jobsOf', () => {
  it('takes the counts of CI, and cuts what can be cut', () => {
    expect(jobsOf(rigs, options)).toEqual([
      { rig: 'kill', args: ['--count', '200', '--seed', '5'], isAlone: false },
      { rig: 'damage', args: ['--count', '6000', '--seed', '5', '--part', '1/2'], isAlone: false },
      { rig: 'damage', args: ['--count', '6000', '--seed', '5', '--part', '2/2'], isAlone: false },
      { rig: 'recovery', args: ['--gib', '1', '--seed', '5'], isAlone: true },
    ]);
  });

  it('leaves a rig the seed of its own', () => {
    expect(jobsOf([{ name: 'planted', ci: '5', full: 'all', seed: 1 }], options)[0]!.args).toEqual([
      '--count',
      '5',
      '--seed',
      '1',
    ]);
  });

  it('takes the full counts, and those that are given instead', () => {
    const jobs = jobsOf(rigs, { ...options, isFull: true, lanes: 1, counts: { kill: '3', recovery: '0' } });
    expect(jobs.map(({ rig, args }) => [rig, args[1]])).toEqual([
      ['kill', '3'],
      ['damage', 'all'],
    ]);
  });

  it.each([{ kill: 'all' }, { kill: 'many' }, { kill: '' }, { damage: '-1' }])(
    'refuses what is no count: %o',
    (counts) => {
      expect(() => jobsOf(rigs, { ...options, counts })).toThrow('takes a number');
    },
  );
});

it('tries the CI column of the numbers to reach at least', () => {
  const ci = Object.fromEntries(proofRigs.map(({ name, ci: count }) => [name, Number(count)]));
  expect(ci).toMatchObject({ kill: 200, power: 1_000, simulation: 20_000, planted: 5, fuzz: 200_000, recovery: 1 });
});

it('has other seeds each day', () => {
  const noon = Date.UTC(2026, 10, 24, 12);
  expect(seedOfDay(noon)).toBe(seedOfDay(noon + 3_600_000));
  expect(seedOfDay(noon + 86_400_000) - seedOfDay(noon)).toBe(20_000);
});

import { expect, it } from 'vitest';
import { failuresOf, proofMarkdown } from './proof-markdown.ts';

const run = { startedAt: '2026-11-24', machine: 'two cores', seed: 7, seconds: 99 };

it('shows runs, bounds and failures with how to see them again', () => {
  const text = proofMarkdown({
    ...run,
    reports: [
      { rig: 'kill', runs: 300, seeds: [7], failures: [], seconds: 12, notes: { acknowledged: 5 } },
      { rig: 'power', runs: 10, seeds: [8], failures: [{ seed: 8, message: 'lost', replay: 'again' }], seconds: 1 },
      { rig: 'full-disk', runs: 0, seeds: [], failures: [], seconds: 0, notes: { skipped: 'needs root' } },
    ],
  });
  expect(text).toContain('two cores, 99 s in all, seed 7: 1 failures.');
  expect(text).toContain('| kill | 300 | 7 | 0 | 1.0e-2 | 12 | acknowledged: 5 |');
  expect(text).toContain('| power | 10 | 8 | 1 | – | 1 |  |');
  expect(text).toContain('- power, seed 8: lost\n  `again`');
  expect(text).toContain('- full-disk was skipped: needs root');
});

it('takes the bound of several kinds from the one that ran least', () => {
  const reports = [
    { rig: 'fuzz/a', runs: 3_000, seeds: [1], failures: [], seconds: 1 },
    { rig: 'fuzz/b', runs: 300, seeds: [1], failures: [], seconds: 1 },
  ];
  expect(proofMarkdown({ ...run, reports })).toContain('| fuzz | 2 | 3300 | 300 | 0 | 1.0e-2 |');
});

it('does not take a rig that tried nothing, and does not say why, for proof', () => {
  const empty = { rig: 'damage', runs: 0, seeds: [], failures: [], seconds: 0 };
  expect(failuresOf([empty])).toEqual([
    { rig: 'damage', seed: 0, message: 'nothing was tried', replay: 'node --conditions=@q/source tests/rig.ts damage' },
  ]);
  expect(failuresOf([{ ...empty, notes: { skipped: 'no root' } }])).toEqual([]);
});

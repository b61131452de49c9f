import { expect, it } from 'vitest';
import { mergeReports } from './merge-reports.ts';

it('adds up the parts of a rig, and keeps other rigs apart', () => {
  const failure = { seed: 2, message: 'lost', replay: 'again' };
  const merged = mergeReports([
    { rig: 'simulation', runs: 10, seeds: [1], failures: [], seconds: 5, notes: { crashes: 3 } },
    { rig: 'kill', runs: 7, seeds: [1], failures: [], seconds: 1 },
    { rig: 'simulation', runs: 12, seeds: [1], failures: [failure], seconds: 4, notes: { crashes: 4, seeds: 2 } },
  ]);
  expect(merged).toEqual([
    { rig: 'simulation', runs: 22, seeds: [1], failures: [failure], seconds: 5, notes: { crashes: 7, seeds: 2 } },
    { rig: 'kill', runs: 7, seeds: [1], failures: [], seconds: 1 },
  ]);
});

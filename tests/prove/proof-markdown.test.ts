import { expect, it } from 'vitest';
import { proofMarkdown } from './proof-markdown.ts';

it('shows runs, bounds and failures with how to see them again', () => {
  const text = proofMarkdown([
    { rig: 'kill', runs: 300, seeds: [7], failures: [], seconds: 12, notes: { acknowledged: 5 } },
    { rig: 'power', runs: 10, seeds: [8], failures: [{ seed: 8, message: 'lost', replay: 'again' }], seconds: 1 },
    { rig: 'damage', runs: 0, seeds: [], failures: [], seconds: 0 },
  ]);
  expect(text).toContain('| kill | 300 | 7 | 0 | 1.0e-2 | 12 | acknowledged: 5 |');
  expect(text).toContain('| power | 10 | 8 | 1 | – | 1 |  |');
  expect(text).toContain('| damage | 0 |  | 0 | – | 0 |  |');
  expect(text).toContain('- power, seed 8: lost\n  `again`');
});

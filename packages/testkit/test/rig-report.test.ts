import { failureRateMax } from '@q/testkit';
import { describe, expect, it } from 'vitest';

describe('failureRateMax', () => {
  it('bounds the rate by three over the runs where none failed', () => {
    expect(failureRateMax({ runs: 3_000, failures: [] })).toBe(0.001);
  });

  it('says nothing where one failed, or none ran', () => {
    const failures = [{ seed: 7, message: 'a record is lost', replay: 'pnpm sim --seed 7' }];
    expect(failureRateMax({ runs: 3_000, failures })).toBeNull();
    expect(failureRateMax({ runs: 0, failures: [] })).toBeNull();
  });
});

import type { Case, Sample, Variant, VariantName } from '../src/case.ts';
import { runCase } from '../src/runner.ts';
import type { CaseResult } from '../src/runner.ts';

/** A variant that gives these samples, one a round, and notes in `order` when it ran. */
export function scripted(name: VariantName, samples: readonly (number | Sample)[], order: string[] = []): Variant {
  const left = [...samples];
  return {
    name,
    run: async () => {
      order.push(name);
      const sample = left.shift();
      if (sample === undefined) throw new Error(`${name} has no further sample`);
      return typeof sample === 'number' ? { value: sample } : sample;
    },
  };
}

export function scriptedCase(variants: readonly Variant[], changes: Partial<Case> = {}): Case {
  return { name: 'a case', group: 'a group', unit: 'records/s', better: 'higher', variants, ...changes };
}

export function runScripted(subject: Case, rounds: number): Promise<CaseResult[]> {
  return runCase(subject, { rounds, onRun: () => undefined });
}

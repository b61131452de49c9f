import type { Case, Sample, VariantName } from './case.ts';
import { spreadOf } from './measure/spread.ts';
import type { Spread } from './measure/spread.ts';

export interface VariantResult {
  readonly name: VariantName;
  readonly value: Spread;
  /** The round whose value is nearest to the median: its details and processes belong together. */
  readonly typical: Sample;
  readonly samples: readonly Sample[];
}

export interface CaseResult {
  readonly name: string;
  readonly group: string;
  readonly unit: Case['unit'];
  readonly better: Case['better'];
  readonly variants: readonly VariantResult[];
  /** In words, when a run failed; what was measured before is kept. */
  readonly failure: string | null;
}

/**
 * Runs the variants of a case in turn, round after round (A B A B), so that a machine that slows down or speeds up
 * in between does so to all of them.
 */
export async function runCase(subject: Case, options: { rounds: number; onRun: (text: string) => void }): Promise<CaseResult> {
  const samples = new Map<VariantName, Sample[]>(subject.variants.map(({ name }) => [name, []]));
  let failure: string | null = null;
  try {
    await subject.prepare?.();
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const variant of subject.variants) {
        options.onRun(`${subject.group}: ${subject.name}: ${variant.name}, round ${round} of ${options.rounds}`);
        samples.get(variant.name)!.push(await variant.run());
      }
    }
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    await subject.cleanUp?.();
  }
  const { name, group, unit, better } = subject;
  return { name, group, unit, better, variants: [...samples].flatMap(resultOf), failure };
}

function resultOf([name, samples]: readonly [VariantName, Sample[]]): VariantResult[] {
  if (samples.length === 0) return [];
  const value = spreadOf(samples.map((sample) => sample.value));
  const distance = (sample: Sample): number => Math.abs(sample.value - value.median);
  const typical = samples.reduce((best, sample) => (distance(sample) < distance(best) ? sample : best));
  return [{ name, value, typical, samples }];
}

/** The product as a share of the ceiling; 1 is as good. Null where one of the two is missing. */
export function ratioTo(name: VariantName, result: CaseResult): number | null {
  const base = result.variants.find((variant) => variant.name === name)?.value.median;
  const product = result.variants.find((variant) => variant.name === 'product')?.value.median;
  return base === undefined || product === undefined ? null : product / base;
}

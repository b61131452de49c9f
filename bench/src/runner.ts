import type { Case, Reading, Sample, VariantName } from './case.ts';
import { rotated } from './measure/rotated.ts';
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
  readonly base: string | null;
  readonly variants: readonly VariantResult[];
  /** The product as a share of each other variant, round by round; 1 is as good. */
  readonly ratios: Readonly<Partial<Record<VariantName, Spread>>>;
  /** What was left out, and why; `variant` null: all of it. */
  readonly skips: readonly Skip[];
  /** In words, when a run failed; what was measured before is kept. */
  readonly failure: string | null;
}

export interface Skip {
  readonly variant: VariantName | null;
  readonly why: string;
}

export interface RunOptions {
  readonly rounds: number;
  readonly onRun: (text: string) => void;
  /** Makes the machine the same for each variant. */
  readonly beforeRun?: () => Promise<void>;
}

type Samples = ReadonlyMap<VariantName, Sample[]>;

/**
 * Runs the variants of a case in turn, round after round, each time another one first (A B, B A), so that a machine
 * that slows down or speeds up in between does so to all of them. The first result is the case itself, the others are
 * its readings.
 */
export async function runCase(subject: Case, options: RunOptions): Promise<CaseResult[]> {
  const samples = new Map<VariantName, Sample[]>();
  const skips: Skip[] = [];
  let failure: string | null = null;
  try {
    const why = (await subject.whyNot?.()) ?? null;
    if (why !== null) skips.push({ variant: null, why });
    else await runRounds(subject, { ...options, samples, skips });
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    await subject.cleanUp?.();
  }
  const result = (reading: Reading | null): CaseResult => resultOf(subject, reading, { samples, skips, failure });
  return [result(null), ...(subject.readings ?? []).map(result)];
}

async function runRounds(
  subject: Case,
  o: RunOptions & { samples: Map<VariantName, Sample[]>; skips: Skip[] },
): Promise<void> {
  const variants: Case['variants'][number][] = [];
  for (const variant of subject.variants) {
    const why = (await variant.whyNot?.()) ?? null;
    if (why === null) variants.push(variant);
    else o.skips.push({ variant: variant.name, why });
  }
  if (variants.length === 0) return;
  o.onRun(`${subject.group}: ${subject.name}`);
  await subject.prepare?.();
  for (let round = 1; round <= o.rounds; round += 1) {
    for (const variant of rotated(variants, round)) {
      o.onRun(`${subject.group}: ${subject.name}: ${variant.name}, round ${round} of ${o.rounds}`);
      await o.beforeRun?.();
      const sample = await variant.run();
      o.samples.set(variant.name, [...(o.samples.get(variant.name) ?? []), sample]);
    }
  }
}

function resultOf(
  subject: Case,
  reading: Reading | null,
  o: { samples: Samples; skips: readonly Skip[]; failure: string | null },
): CaseResult {
  const { group } = subject;
  const { name, unit, better } = reading ?? subject;
  const variants = [...o.samples].flatMap(([variant, samples]) =>
    variantResult(
      variant,
      samples.flatMap((sample) => readSample(sample, reading)),
    ),
  );
  // Said once, with the case itself.
  const said =
    reading === null
      ? { base: subject.base ?? null, skips: o.skips, failure: o.failure }
      : { base: null, skips: [], failure: null };
  return { name, group, unit, better, variants, ratios: ratiosOf(variants), ...said };
}

/** A variant may not have the number of a reading: no sample then. */
function readSample(sample: Sample, reading: Reading | null): Sample[] {
  if (reading === null) return [sample];
  const value = sample.details?.[reading.of];
  // Costs and curves stand with the case itself.
  return value === undefined ? [] : [{ value }];
}

function variantResult(name: VariantName, samples: readonly Sample[]): VariantResult[] {
  if (samples.length === 0) return [];
  const value = spreadOf(samples.map((sample) => sample.value));
  const distance = (sample: Sample): number => Math.abs(sample.value - value.median);
  const typical = samples.reduce((best, sample) => (distance(sample) < distance(best) ? sample : best));
  return [{ name, value, typical, samples }];
}

function ratiosOf(variants: readonly VariantResult[]): CaseResult['ratios'] {
  const product = variants.find(({ name }) => name === 'product');
  if (product === undefined) return {};
  const others = variants.filter(({ name }) => name !== 'product');
  return Object.fromEntries(
    others.flatMap((other) => {
      const ratio = pairedRatio({ of: product.samples.map(valueOf), to: other.samples.map(valueOf) });
      return ratio === null ? [] : [[other.name, ratio]];
    }),
  );
}

function valueOf(sample: Sample): number {
  return sample.value;
}

/** Of each round for itself: what the machine did in it, it did to both. Null when no round has both. */
export function pairedRatio(o: { of: readonly number[]; to: readonly number[] }): Spread | null {
  const ratios = o.of.slice(0, o.to.length).map((value, round) => value / o.to[round]!);
  return ratios.length === 0 ? null : spreadOf(ratios);
}

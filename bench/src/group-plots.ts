import { formatSpread } from './report.ts';
import { formatNumber, formatRatio } from './number-format.ts';
import { barPlot } from './plot/bars.ts';
import type { Bar } from './plot/bars.ts';
import { curvePlot } from './plot/curves.ts';
import type { Series } from './plot/curves.ts';
import { seriesClass, variantClass } from './plot/theme.ts';
import type { CaseResult, VariantResult } from './runner.ts';

/** A picture of a group of cases, and the name of its file. */
export interface Plot {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** Bars for every unit of the group, and curves of its latencies. */
export function groupPlots(group: string, cases: readonly CaseResult[]): Plot[] {
  const measured = cases.filter(({ variants }) => variants.length > 0);
  const bars = [...Map.groupBy(measured, ({ unit }) => unit)].map(([unit, rows]) => barsOf(`${group}, ${unit}`, rows));
  return [...bars, ...curvesOf(group, measured)];
}

function barsOf(title: string, cases: readonly CaseResult[]): Plot {
  const isCommonScale = isProductOnly(cases);
  const better = new Set(cases.map((result) => result.better));
  const scale = isCommonScale ? '' : '; every case has a scale of its own';
  const direction = better.size === 1 ? `${cases[0]!.better === 'higher' ? 'longer' : 'shorter'} is better; ` : '';
  const svg = barPlot({
    title,
    subtitle: `${direction}bar: median of the rounds; whiskers: least and most${scale}`,
    isCommonScale,
    format: formatNumber,
    groups: cases.map((result) => ({
      name: result.name,
      bars: result.variants.map((variant) => barOf(result, variant)),
    })),
  });
  return { file: fileName(title), title, svg };
}

function barOf(result: CaseResult, { name, value }: VariantResult): Bar {
  const ratio = result.ratios[name];
  // What the product is to this one.
  const note = ratio === undefined ? '' : `product: ${formatSpread(ratio, formatRatio)} of it`;
  return { label: name, class: variantClass(name), value, note };
}

/** Of cases that only the product has, all in one picture: what they are compared with is each other. */
function curvesOf(group: string, cases: readonly CaseResult[]): Plot[] {
  if (isProductOnly(cases)) {
    const plots = Map.groupBy(cases.flatMap(seriesOf), (one) => one.curve);
    return [...plots].map(([curve, ones]) =>
      plotOf(
        `${group}, ${curve}`,
        ones.map((one, index) => ({ ...one, label: shortName(one.case), class: seriesClass(index) })),
      ),
    );
  }
  return cases.flatMap((result) => {
    const series = seriesOf(result);
    return series.length === 0 ? [] : [plotOf(`${group}, ${result.name}`, withOwnClasses(series))];
  });
}

interface CaseSeries extends Series {
  readonly case: string;
  readonly curve: string;
}

function seriesOf(result: CaseResult): CaseSeries[] {
  return result.variants.flatMap(({ name, typical }) =>
    Object.entries(typical.curves ?? {})
      .filter(([, points]) => points.length > 0)
      .map(([curve, points]) => ({
        case: result.name,
        curve,
        label: `${name}, ${curve}`,
        class: variantClass(name),
        points,
      })),
  );
}

/** The product may have two curves, which must not look the same. */
function withOwnClasses(series: readonly CaseSeries[]): CaseSeries[] {
  const used = new Set<string>();
  return series.map((one) => {
    const free = used.has(one.class)
      ? Array.from({ length: 6 }, (_, index) => seriesClass(5 - index)).find((name) => !used.has(name))
      : one.class;
    used.add(free ?? one.class);
    return { ...one, class: free ?? one.class };
  });
}

function plotOf(title: string, series: readonly Series[]): Plot {
  const svg = curvePlot({
    title,
    subtitle:
      'share of all that took this long at most, of the round whose value is nearest to the median; lower is better',
    series,
  });
  return { file: fileName(`${title} curves`), title, svg };
}

function isProductOnly(cases: readonly CaseResult[]): boolean {
  return cases.every(({ variants }) => variants.every(({ name }) => name === 'product'));
}

/** What tells the cases of a group apart: `10,000 idle connections`, `1 GiB of log`. */
function shortName(name: string): string {
  return /[\d,.]+ (?:idle connections|[KMGT]iB of log|partitions)/.exec(name)?.[0] ?? name;
}

function fileName(title: string): string {
  return `${title
    .toLowerCase()
    .replaceAll('%', 'percent')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')}.svg`;
}

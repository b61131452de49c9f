import type { CurvePoint } from '../measure/latencies.ts';
import { formatNumber } from '../number-format.ts';
import { element, text } from './element.ts';
import { headHeight, margin, picture } from './theme.ts';

export interface Series {
  readonly label: string;
  readonly class: string;
  readonly points: readonly CurvePoint[];
}

const width = 860;
const plotHeight = 300;
const left = margin + 60;
const right = width - margin - 220;
const top = headHeight + 8;
const bottom = top + plotHeight;
const labelGap = 15;
/** Where the axis is marked. Each is ten times as rare as the one before. */
const percentTicks = [0, 50, 90, 99, 99.9, 99.99] as const;

/** Latencies over percentiles, each ten times rarer one as far from the last; milliseconds on a logarithmic axis. */
export function curvePlot(o: { title: string; subtitle: string; series: readonly Series[] }): string {
  const { title, subtitle, series } = o;
  const points = series.flatMap((one) => one.points);
  const rarest = Math.max(90, ...points.map(({ percent }) => percent));
  const x = (percent: number): number => left + ((right - left) * rarity(percent)) / rarity(rarest);
  const [lowest, highest] = range(points.map(({ ms }) => ms));
  const y = (ms: number): number => bottom - (plotHeight * Math.log10(ms / lowest)) / Math.log10(highest / lowest);
  const content = [
    ...percentTicks.filter((percent) => percent <= rarest).flatMap((percent) => tickBelow(x(percent), percent)),
    ...msTicks(lowest, highest).flatMap((ms) => tickBeside(y(ms), ms)),
    ...series.map((one) =>
      element('polyline', {
        class: `curve ${one.class}`,
        points: one.points.map(({ percent, ms }) => `${x(percent).toFixed(1)},${y(ms).toFixed(1)}`).join(' '),
      }),
    ),
    ...endLabels(series, { x, y }),
  ];
  return picture({ title, subtitle, width, height: bottom + 36 }, content);
}

/** 0 for all, 1 for one in ten, 2 for one in a hundred, … */
function rarity(percent: number): number {
  return -Math.log10(1 - percent / 100);
}

/** Whole steps of 1, 2 and 5 around what is shown. */
function range(values: readonly number[]): [number, number] {
  const least = Math.max(1e-6, Math.min(...values));
  const most = Math.max(least, ...values);
  const lowest = steps(least / 10, least).findLast((step) => step <= least) ?? least;
  const highest = steps(most, most * 10).find((step) => step >= most * 1.0001) ?? most * 2;
  return [lowest, highest];
}

/** Powers of ten, or their halves and fifths too where there are few. */
function msTicks(lowest: number, highest: number): number[] {
  const all = steps(lowest, highest);
  return all.length <= 8 ? all : all.filter((step) => Math.abs(Math.log10(step) - Math.round(Math.log10(step))) < 1e-9);
}

function steps(from: number, to: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1) {
    for (const digit of [1, 2, 5]) {
      const step = Number(`${digit}e${power}`);
      if (step >= from * 0.9999 && step <= to * 1.0001) found.push(step);
    }
  }
  return found;
}

function tickBelow(x: number, percent: number): string[] {
  return [
    element('line', { class: 'grid', x1: x, x2: x, y1: top, y2: bottom }),
    text(percent === 0 ? 'least' : `p${percent}`, { class: 'small faint', x, y: bottom + 18, 'text-anchor': 'middle' }),
  ];
}

function tickBeside(y: number, ms: number): string[] {
  return [
    element('line', { class: 'grid', x1: left, x2: right, y1: y, y2: y }),
    text(`${ms >= 1 ? String(ms) : String(Number(ms.toPrecision(1)))} ms`, {
      class: 'small faint',
      x: left - 8,
      y: y + 4,
      'text-anchor': 'end',
    }),
  ];
}

/** A name at the end of each line, moved apart where they would cover each other. */
function endLabels(
  series: readonly Series[],
  { x, y }: { x: (percent: number) => number; y: (ms: number) => number },
): string[] {
  const ends = series
    .flatMap((one) => {
      const last = one.points.at(-1);
      return last === undefined ? [] : [{ one, last, at: y(last.ms) }];
    })
    .sort((a, b) => a.at - b.at);
  for (const [index, end] of ends.entries())
    end.at = Math.max(end.at, (ends[index - 1]?.at ?? Number.NEGATIVE_INFINITY) + labelGap);
  const overflow = Math.max(0, (ends.at(-1)?.at ?? 0) - bottom);
  return ends.flatMap(({ one, last, at }) => [
    element('circle', { class: `dot ${one.class}`, cx: x(last.percent), cy: y(last.ms), r: 3.5 }),
    text(`${one.label}: ${formatNumber(last.ms)} ms`, {
      class: `small label ${one.class}`,
      x: right + 10,
      y: at - overflow + 4,
    }),
  ]);
}

import type { Spread } from '../measure/spread.ts';
import { element, text } from './element.ts';
import { headHeight, margin, picture } from './theme.ts';

export interface Bar {
  readonly label: string;
  readonly class: string;
  readonly value: Spread;
  /** At the right edge, e.g. a ratio; may be empty. */
  readonly note: string;
}

export interface BarGroup {
  readonly name: string;
  readonly bars: readonly Bar[];
}

export interface BarPlot {
  readonly title: string;
  readonly subtitle: string;
  readonly groups: readonly BarGroup[];
  /** All bars are as long as their values; otherwise each group has a scale of its own. */
  readonly isCommonScale: boolean;
  readonly format: (value: number) => string;
}

const width = 860;
const labelWidth = 72;
const noteWidth = 230;
const barHeight = 14;
const barGap = 3;
const nameHeight = 20;
const groupGap = 12;
const barX = margin + labelWidth;
const barWidth = width - barX - noteWidth - margin;

/** Horizontal bars to the medians, with whiskers from the least to the most that a round gave. */
export function barPlot({ title, subtitle, groups, isCommonScale, format }: BarPlot): string {
  const commonMax = maxOf(groups.flatMap(({ bars }) => bars));
  const parts: string[] = [];
  let y = headHeight;
  for (const { name, bars } of groups) {
    const max = isCommonScale ? commonMax : maxOf(bars);
    parts.push(text(name, { class: 'ink', x: margin, y: y + 12 }));
    y += nameHeight;
    parts.push(
      element('line', { class: 'grid', x1: barX, x2: barX, y1: y - 3, y2: y + bars.length * (barHeight + barGap) }),
    );
    for (const bar of bars) {
      parts.push(...barAt(bar, { y, max, format }));
      y += barHeight + barGap;
    }
    y += groupGap;
  }
  return picture({ title, subtitle, width, height: y + 4 }, parts);
}

function barAt(bar: Bar, o: { y: number; max: number; format: (value: number) => string }): string[] {
  const { y, max, format } = o;
  const at = (value: number): number => barX + (barWidth * value) / max;
  const { median, min, max: most, rounds } = bar.value;
  const middle = y + barHeight / 2;
  const baseline = y + barHeight - 3;
  return [
    text(bar.label, { class: 'small faint', x: barX - 8, y: baseline, 'text-anchor': 'end' }),
    element('rect', {
      class: `bar ${bar.class}`,
      x: barX,
      y,
      width: Math.max(1, at(median) - barX),
      height: barHeight,
      rx: 2,
    }),
    ...(rounds === 1 ? [] : whisker({ from: at(min), to: at(most), y: middle })),
    text(format(median), { class: 'small ink', x: Math.max(at(median), at(most)) + 8, y: baseline }),
    ...(bar.note === ''
      ? []
      : [text(bar.note, { class: 'small faint', x: width - margin, y: baseline, 'text-anchor': 'end' })]),
  ];
}

function whisker({ from, to, y }: { from: number; to: number; y: number }): string[] {
  const end = (x: number): string => element('line', { class: 'whisker', x1: x, x2: x, y1: y - 4, y2: y + 4 });
  return [element('line', { class: 'whisker', x1: from, x2: to, y1: y, y2: y }), end(from), end(to)];
}

function maxOf(bars: readonly Bar[]): number {
  return Math.max(Number.MIN_VALUE, ...bars.map(({ value }) => value.max));
}

import { describe, expect, it } from 'vitest';
import { barPlot } from '../../src/plot/bars.ts';
import { curvePlot } from '../../src/plot/curves.ts';
import { element, text } from '../../src/plot/element.ts';

const spread = (
  min: number,
  median: number,
  max: number,
): { min: number; median: number; max: number; rounds: number } => ({ min, median, max, rounds: 3 });

function attributeOf(svg: string, selector: RegExp, attribute: string): number[] {
  return [...svg.matchAll(selector)].map(([tag]) => Number(new RegExp(` ${attribute}="([^"]*)"`).exec(tag)?.[1]));
}

describe('element', () => {
  it('escapes whatever is shown or given', () => {
    expect(text('a < b & "c"', { class: 'x' })).toBe('<text class="x">a &lt; b &amp; &quot;c&quot;</text>');
    expect(element('rect', { x: 1.26, fill: '"' })).toBe('<rect x="1.3" fill="&quot;"/>');
  });
});

describe('barPlot', () => {
  const bars = [
    { label: 'ceiling', class: 's1', value: spread(90, 100, 100), note: '' },
    { label: 'product', class: 's0', value: spread(40, 50, 60), note: '0.50' },
  ];
  const plot = { title: 'produce', subtitle: 'longer is better', format: String };

  it('draws bars as long as their medians, and whiskers from least to most', () => {
    const svg = barPlot({ ...plot, isCommonScale: false, groups: [{ name: 'one', bars }] });
    const [ceiling, product] = attributeOf(svg, /<rect class="bar[^>]*>/g, 'width');
    expect(product! / ceiling!).toBeCloseTo(0.5, 2);
    const x = attributeOf(svg, /<rect class="bar[^>]*>/g, 'x')[1]!;
    const [from, to] = [
      attributeOf(svg, /<line class="whisker"[^>]*>/g, 'x1')[3]!,
      attributeOf(svg, /<line class="whisker"[^>]*>/g, 'x2')[3]!,
    ];
    expect((from - x) / ceiling!).toBeCloseTo(0.4, 2);
    expect((to - x) / ceiling!).toBeCloseTo(0.6, 2);
  });

  it('gives groups one scale, or each its own', () => {
    const groups = [10, 1000].map((value) => ({
      name: `${value}`,
      bars: [{ label: 'product', class: 's0', value: spread(value, value, value), note: '' }],
    }));
    const [small, large] = attributeOf(
      barPlot({ ...plot, isCommonScale: true, groups }),
      /<rect class="bar[^>]*>/g,
      'width',
    );
    expect(large! / small!).toBeCloseTo(100, -1);
    expect(
      new Set(attributeOf(barPlot({ ...plot, isCommonScale: false, groups }), /<rect class="bar[^>]*>/g, 'width')).size,
    ).toBe(1);
  });
});

describe('curvePlot', () => {
  it('draws each rarer tenth as far from the last one, and stays within its frame', () => {
    const points = [50, 90, 99, 99.9].map((percent, index) => ({ percent, ms: 10 ** (index - 1) }));
    const svg = curvePlot({ title: 'latency', subtitle: '', series: [{ label: 'product', class: 's0', points }] });
    const drawn = /<polyline[^>]* points="([^"]*)"/
      .exec(svg)![1]!
      .split(' ')
      .map((point) => point.split(',').map(Number));
    const steps = drawn.slice(1).map(([x], index) => x! - drawn[index]![0]!);
    expect(steps[1]).toBeCloseTo(steps[2]!, 0);
    for (const [x, y] of drawn) expect(x! > 0 && x! < 860 && y! > 0 && y! < 420).toBe(true);
    expect(svg).not.toContain('NaN');
  });

  it('has a picture for one single latency, too', () => {
    const svg = curvePlot({
      title: 'latency',
      subtitle: '',
      series: [{ label: 'product', class: 's0', points: [{ percent: 50, ms: 0.4 }] }],
    });
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

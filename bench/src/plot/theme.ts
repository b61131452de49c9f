import type { VariantName } from '../case.ts';
import { element, text } from './element.ts';

/** Colours of light and dark surroundings, by what they are for. */
interface Palette {
  readonly surface: string;
  readonly ink: string;
  readonly faint: string;
  readonly line: string;
  readonly series: readonly string[];
}

// The product is the first series. The others keep their order: a case has few of them, and each has a label of its
// own.
const light: Palette = {
  surface: '#ffffff',
  ink: '#1f2328',
  faint: '#59636e',
  line: '#d8dee4',
  series: ['#0969da', '#768390', '#b45309', '#0f766e', '#8250df', '#bf3989'],
};
const dark: Palette = {
  surface: '#0d1117',
  ink: '#e6edf3',
  faint: '#9198a1',
  line: '#30363d',
  series: ['#58a6ff', '#8b949e', '#f0a35e', '#39c5bb', '#b392f0', '#f778ba'],
};

const seriesOf: Readonly<Record<VariantName, number>> = { product: 0, ceiling: 1, encoding: 2, files: 3, base: 4 };

/** The class of a variant's bars and lines. */
export function variantClass(name: VariantName): string {
  return `s${seriesOf[name]}`;
}

/** The class of the series with this index, where there are only products. */
export function seriesClass(index: number): string {
  return `s${index % light.series.length}`;
}

function rules({ surface, ink, faint, line, series }: Palette): string {
  return [
    `.surface{fill:${surface}}.ink{fill:${ink}}.faint{fill:${faint}}.grid{stroke:${line}}.whisker{stroke:${ink}}.halo{stroke:${surface}}`,
    ...series.map(
      (colour, index) =>
        `.bar.s${index},.dot.s${index}{fill:${colour}}.curve.s${index}{stroke:${colour}}.label.s${index}{fill:${colour}}`,
    ),
  ].join('');
}

const common =
  'text{font:12px system-ui,sans-serif}.title{font-size:14px;font-weight:600}.small{font-size:11px}.grid,.whisker{stroke-width:1}.curve{fill:none;stroke-width:2;stroke-linejoin:round}.halo{paint-order:stroke;stroke-width:3}';

/** A whole picture, which follows the light or dark surroundings that it is shown in. */
export function picture(
  o: { title: string; subtitle: string; width: number; height: number },
  content: readonly string[],
): string {
  const { title, subtitle, width, height } = o;
  const style = `${common}${rules(light)}@media (prefers-color-scheme:dark){${rules(dark)}}`;
  const head = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${Math.ceil(height)}`,
    width,
    height: Math.ceil(height),
    role: 'img',
    'aria-label': title,
  };
  return `${element('svg', head, [
    element('style', {}, [style]),
    element('rect', { class: 'surface', width, height: Math.ceil(height) }),
    text(title, { class: 'title ink', x: margin, y: 24 }),
    text(subtitle, { class: 'small faint', x: margin, y: 42 }),
    ...content,
  ])}\n`;
}

/** Around every picture. */
export const margin = 16;
/** Below title and subtitle. */
export const headHeight = 56;

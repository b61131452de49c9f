/**
 * Writes metrics as Prometheus reads them: the classic text format 0.0.4, or OpenMetrics 1.0.
 *
 * Lines of one metric stand together, so lines are gathered by metric: a pass over ten thousand partitions writes to
 * three metrics by turns. Written by ourselves: prom-client keeps an object for each line between scrapes, and writes a
 * metric in one turn of the event loop (docs/METRICS.md has the figures).
 */
import type { Metric } from './metric.ts';

export type Format = 'text' | 'openmetrics';

/** What a histogram is asked. */
export interface Classes {
  readonly count: number;
  readonly total: number;
  cumulated(bounds: readonly number[]): readonly number[];
}

/** A part of a page that is finished. */
const chunkCharacters = 1 << 16;

export class Exposition {
  readonly #format: Format;
  /** Finished parts of each metric, and what is being written. */
  readonly #texts = new Map<Metric, { readonly chunks: Buffer[]; text: string }>();

  constructor(format: Format) {
    this.#format = format;
  }

  /** `labels` as `labelsOf` gives them. */
  add(metric: Metric, value: number, labels = ''): void {
    this.#write(metric, `${metric.name}${labels === '' ? '' : `{${labels}}`} ${numberText(value)}\n`);
  }

  /** `unit`: how many of what was recorded are one of the metric's unit. */
  addClasses(
    metric: Metric,
    classes: Classes,
    { labels = '', unit = 1 }: { labels?: string; unit?: number } = {},
  ): void {
    const { name, bounds = [] } = metric;
    const counts = classes.cumulated(bounds.map((bound) => bound * unit));
    const prefix = `${name}_bucket{${labels === '' ? '' : `${labels},`}le="`;
    let text = '';
    for (const [index, bound] of bounds.entries()) text += `${prefix}${boundText(bound)}"} ${counts[index]}\n`;
    text += `${prefix}+Inf"} ${classes.count}\n`;
    const braces = labels === '' ? '' : `{${labels}}`;
    text += `${name}_sum${braces} ${numberText(classes.total / unit)}\n${name}_count${braces} ${classes.count}\n`;
    this.#write(metric, text);
  }

  /** The page, with the metrics in this order. Those without a line are left out. */
  finish(order: Iterable<Metric>): Buffer {
    const parts: Buffer[] = [];
    for (const metric of order) {
      const written = this.#texts.get(metric);
      if (written === undefined) continue;
      parts.push(Buffer.from(this.#head(metric)), ...written.chunks, Buffer.from(written.text));
    }
    if (this.#format === 'openmetrics') parts.push(Buffer.from('# EOF\n'));
    return Buffer.concat(parts);
  }

  #write(metric: Metric, lines: string): void {
    let written = this.#texts.get(metric);
    if (written === undefined) this.#texts.set(metric, (written = { chunks: [], text: '' }));
    written.text += lines;
    if (written.text.length < chunkCharacters) return;
    written.chunks.push(Buffer.from(written.text));
    written.text = '';
  }

  #head({ name, type, help }: Metric): string {
    if (this.#format === 'text') return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    // OpenMetrics names a family without the suffix of its lines.
    const family = type === 'counter' ? name.replace(/_total$/, '') : name;
    const unit = /_(seconds|bytes)$/.exec(family)?.[1];
    return `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n${unit === undefined ? '' : `# UNIT ${family} ${unit}\n`}`;
  }
}

/** `topic="orders",partition="0"`: to be made once where several metrics have the same. */
export function labelsOf(labels: Readonly<Record<string, string>>): string {
  let text = '';
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${escaped(labels[name]!)}"`;
  return text;
}

const special = /[\\"\n]/;

function escaped(value: string): string {
  if (!special.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/** A float, as OpenMetrics wants it, in both formats: a query finds the same label whichever was scraped. */
function boundText(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

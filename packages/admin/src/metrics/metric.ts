/** A metric: one name, with one type and one set of labels. */
export interface Metric {
  /** Base unit last, `_total` for what is counted. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** One sentence; neither quotes nor backslashes. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper ends of the classes of a histogram, ascending, in the unit of the metric. */
  readonly bounds?: readonly number[];
}

export function counter(name: string, help: string, ...labels: string[]): Metric {
  return { name, type: 'counter', help, labels };
}

export function gauge(name: string, help: string, ...labels: string[]): Metric {
  return { name, type: 'gauge', help, labels };
}

export function histogram(name: string, help: string, bounds: readonly number[], ...labels: string[]): Metric {
  return { name, type: 'histogram', help, labels, bounds };
}

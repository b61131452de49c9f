import { spreadOf } from '../measure/spread.ts';
import type { Durability, Shape } from './peer.ts';

/** What is measured, each with its unit in the name. Where nothing is said, less is better. */
export const metrics = [
  'produce, records/s',
  'produce, records a CPU second',
  'produce, server CPU us a record',
  'produce, client CPU us a record',
  'produce, server peak MB',
  'produce, client peak MB',
  'consume, records/s',
  'consume, records a CPU second',
  'consume, server CPU us a record',
  'consume, client CPU us a record',
  'consume, server peak MB',
  'consume, client peak MB',
  'awaited send, p50 ms',
  'awaited send, p99 ms',
  'idle, % of a core',
] as const;
export type Metric = (typeof metrics)[number];

/** One number of one peer, over the rounds. */
export interface Row {
  readonly peer: string;
  readonly shape: Shape;
  readonly durability: Durability;
  readonly metric: Metric;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

interface Key {
  readonly peer: string;
  readonly shape: Shape;
  readonly durability: Durability;
}

/** Gathers the numbers of the rounds, and gives a row for each of what they are numbers of. */
export class RowBook {
  readonly #values = new Map<string, { readonly key: Key; readonly metric: Metric; readonly values: number[] }>();

  add(key: Key, numbers: Partial<Record<Metric, number>>): void {
    for (const metric of metrics) {
      const value = numbers[metric];
      if (value === undefined) continue;
      const id = JSON.stringify([key.peer, key.shape.valueBytes, key.shape.partitions, key.durability, metric]);
      const entry = this.#values.get(id) ?? { key, metric, values: [] };
      entry.values.push(value);
      this.#values.set(id, entry);
    }
  }

  rows(): Row[] {
    return [...this.#values.values()].map(({ key, metric, values }) => {
      const { peer, shape, durability } = key;
      return { peer, shape, durability, metric, ...spreadOf(values) };
    });
  }
}

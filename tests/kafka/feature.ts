import type { Stage } from './stage.ts';

/** One row of the table: something that people do with a Kafka client, and what has to come of it. */
export interface Feature {
  readonly section: string;
  /** Unique: the row's name, and the argument `--feature`. */
  readonly name: string;
  /** Seconds, not less: each day another client does it. */
  readonly isLong?: boolean;
  /** Throws what is wrong; `CannotError` when the client has no such thing. May give words for the log. */
  readonly run: (stage: Stage) => Promise<string | void>;
}

/** Gives the rows of one section its name. */
export function section(
  name: string,
  features: Readonly<Record<string, Feature['run'] | Omit<Feature, 'section' | 'name'>>>,
): Feature[] {
  return Object.entries(features).map(([row, feature]) => ({
    section: name,
    name: row,
    ...(typeof feature === 'function' ? { run: feature } : feature),
  }));
}

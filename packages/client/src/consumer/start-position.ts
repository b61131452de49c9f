import { QError } from '@q/protocol';

import type { Cluster } from '../cluster/cluster.ts';
import { lookUpOffsets } from '../cluster/offset-lookup.ts';
import { isObject, offsetNumber, partitionNumber, readingOption } from '../option-check.ts';
import { shown } from '../shown.ts';

/**
 * Where a consumer begins, in each of its partitions:
 * `'earliest'` - with the first record that is kept; `'latest'` - with the first one that comes after now;
 * `{ offset }` - with that offset: one number for all, or one by partition (partitions not named begin at the
 * earliest); `{ timestampMs }` - with the first record at or after that time; `{ last }` - that many offsets before the
 * end: so many records, or fewer where compaction took some out or transactions were, whose ends take an offset each
 * and whose aborted records are not given.
 */
export type StartPosition =
  | 'earliest'
  | 'latest'
  | { readonly offset: number | Readonly<Record<number, number>> }
  | { readonly timestampMs: number }
  | { readonly last: number };

/** @throws QError `INVALID_CONFIG` for a start that means nothing. */
export function checkStart(from: StartPosition): void {
  readingOption('consumer', 'from', () => checkPosition(from));
}

function checkPosition(from: StartPosition): void {
  const bad = (what: string): never => {
    throw new QError(
      'INVALID_CONFIG',
      `consumer.from: ${what}; use 'earliest', 'latest', { offset }, { timestampMs } or { last }`,
      { details: { option: 'from' } },
    );
  };
  if (from === 'earliest' || from === 'latest') return;
  if (!isObject(from)) return bad(`${shown(from)} is no position`);
  const [name, ...others] = Object.keys(from);
  if (name === undefined || others.length > 0)
    return bad(`${others.length + (name === undefined ? 0 : 1)} positions are named`);
  const value: unknown = Reflect.get(from, name);
  if (name === 'offset' && isObject(value)) {
    for (const [partition, offset] of Object.entries(value)) {
      if (partitionNumber(Number(partition)) !== null) bad(`${shown(partition)} is no partition`);
      if (offsetNumber(offset) !== null)
        bad(`offset ${shown(offset)} of partition ${partition} is not a whole number from 0`);
    }
  } else if (name !== 'offset' && name !== 'timestampMs' && name !== 'last') bad(`there is no "${name}"`);
  else if (offsetNumber(value) !== null) bad(`${name} ${shown(value)} is not a whole number from 0`);
}

/** The offset to begin with, by partition. Throws as `lookUpOffsets`. */
export async function resolveStart(
  cluster: Cluster,
  topic: string,
  o: { partitions: readonly number[]; from: StartPosition; signal: AbortSignal },
): Promise<Map<number, number>> {
  const { partitions, from, signal } = o;
  if (typeof from === 'object' && 'offset' in from) {
    const { offset } = from;
    if (typeof offset === 'number') return new Map(partitions.map((partition) => [partition, offset]));
    const unnamed = partitions.filter((partition) => offset[partition] === undefined);
    const rest =
      unnamed.length === 0
        ? new Map<number, number>()
        : await resolveStart(cluster, topic, { partitions: unnamed, from: 'earliest', signal });
    return new Map(partitions.map((partition) => [partition, offset[partition] ?? rest.get(partition) ?? 0]));
  }
  const look = async (at: 'start' | 'end' | { timestampMs: number }): Promise<Map<number, number | null>> => {
    const answers = await lookUpOffsets(cluster, topic, {
      questions: partitions.map((partition) => ({ partition, at })),
      signal,
    });
    return new Map(answers.map(({ partition, offset }) => [partition, offset]));
  };
  if (from === 'earliest') return withDefault(await look('start'), new Map());
  if (from === 'latest') return withDefault(await look('end'), new Map());
  if ('timestampMs' in from) {
    const [found, ends] = await Promise.all([look({ timestampMs: from.timestampMs }), look('end')]);
    // Nothing is that young: begin with what comes next.
    return withDefault(found, ends);
  }
  const [starts, ends] = await Promise.all([look('start'), look('end')]);
  return new Map(
    partitions.map((partition) => [
      partition,
      Math.max(starts.get(partition) ?? 0, (ends.get(partition) ?? 0) - from.last),
    ]),
  );
}

function withDefault(
  offsets: ReadonlyMap<number, number | null>,
  defaults: ReadonlyMap<number, number | null>,
): Map<number, number> {
  return new Map([...offsets].map(([partition, offset]) => [partition, offset ?? defaults.get(partition) ?? 0]));
}

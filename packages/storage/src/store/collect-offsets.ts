import type { LocalLog } from '../partition/local-log.ts';
import type { CheckpointEntry } from './offset-checkpoint.ts';

/**
 * What a checkpoint file is to say: of logs that are open as they are now, of others what is remembered; in order,
 * without those at 0.
 */
export function collectOffsets(o: {
  saved: ReadonlyMap<string, CheckpointEntry>;
  open: ReadonlyMap<string, LocalLog>;
  offsetOf: (log: LocalLog) => number;
}): CheckpointEntry[] {
  const entries = new Map<string, CheckpointEntry>(o.saved);
  for (const [name, log] of o.open)
    entries.set(name, { topic: log.id.topic, partition: log.id.partition, offset: o.offsetOf(log) });
  const order = (a: CheckpointEntry, b: CheckpointEntry): number =>
    compareText(a.topic, b.topic) || a.partition - b.partition;
  return [...entries.values()].filter(({ offset }) => offset > 0).sort(order);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

import type { RigReport } from '@q/testkit';

/** Those of one rig as one: what was counted is added up, and the parts ran at the same time. */
export function mergeReports(reports: readonly RigReport[]): RigReport[] {
  return [...Map.groupBy(reports, ({ rig }) => rig).values()].map((parts) => parts.reduce(merge));
}

function merge(one: RigReport, other: RigReport): RigReport {
  return {
    rig: one.rig,
    runs: one.runs + other.runs,
    seeds: [...new Set([...one.seeds, ...other.seeds])],
    failures: [...one.failures, ...other.failures],
    seconds: Math.max(one.seconds, other.seconds),
    notes: mergeNotes(one.notes ?? {}, other.notes ?? {}),
  };
}

function mergeNotes(
  one: Readonly<Record<string, number | string>>,
  other: Readonly<Record<string, number | string>>,
): Record<string, number | string> {
  const merged = { ...one };
  for (const [what, value] of Object.entries(other)) {
    const before = merged[what];
    merged[what] = typeof before === 'number' && typeof value === 'number' ? before + value : value;
  }
  return merged;
}

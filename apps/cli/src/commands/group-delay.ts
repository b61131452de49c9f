import type { Q, StatsResponse } from '@q/client';

/** For how long a group has not handled the oldest record that waits for it. */
export interface GroupDelay {
  /** 0: nothing waits; null: the broker does not know, or does not tell of this group. */
  readonly lagMs: number | null;
  /** When that record was written, ms since 1970; null: nothing waits, or nobody knows. */
  readonly behindSinceMs: number | null;
}

export async function findDelay(q: Q, group: string): Promise<GroupDelay> {
  return delayIn(await q.admin.stats(), { group, nowMs: Date.now() });
}

/** Of all its topics that which is behind the longest counts. */
export function delayIn(
  { groupLags }: Pick<StatsResponse, 'groupLags'>,
  { group, nowMs }: { group: string; nowMs: number },
): GroupDelay {
  const own = groupLags.filter(({ groupId }) => groupId === group);
  const known = own.map(({ lagMs }) => lagMs).filter((ms) => ms >= 0);
  // An older broker tells of no group at all, and one with very many not of all.
  if (known.length === 0) return { lagMs: null, behindSinceMs: null };
  const lagMs = Math.max(...known);
  return { lagMs, behindSinceMs: lagMs === 0 ? null : nowMs - lagMs };
}

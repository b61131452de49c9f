import { coordinatorLimits } from '../limits.ts';
import type { CommittedOffsets } from './committed-offsets.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { Group } from './group.ts';

/**
 * Whether nobody has been in the group, and nothing was committed, for so long that it goes with its offsets. Only the
 * clock that never goes back decides: a wall clock that jumps expires nothing.
 *
 * Kafka's console tools make a group with a new name each time, and commit nothing: such a group goes soon, or they
 * would be more in a week than a broker takes.
 */
export function hasExpired(
  {
    group,
    classic = null,
    offsets,
  }: { readonly group: Group | null; readonly classic?: ClassicGroup | null; readonly offsets: CommittedOffsets },
  { nowMs, groupExpiryMs }: { readonly nowMs: number; readonly groupExpiryMs: number },
): boolean {
  const either = group ?? classic;
  if (either !== null && either.members.size > 0) return false;
  // Somebody has an id, and is on the way.
  if (classic !== null && classic.pending.size > 0) return false;
  const isWorthless = classic !== null && offsets.size === 0;
  const keptMs = isWorthless ? Math.min(groupExpiryMs, coordinatorLimits.classicGroupExpiryMs) : groupExpiryMs;
  const lastUseMs = Math.max(either?.emptySinceMs ?? -Infinity, offsets.latestCommitMs ?? -Infinity);
  return nowMs - lastUseMs >= keptMs;
}

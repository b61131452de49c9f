import type { CommittedOffsets } from './committed-offsets.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { Group } from './group.ts';

/**
 * Whether nobody has been in the group, and nothing was committed, for so long that it goes with its offsets. Only the
 * clock that never goes back decides: a wall clock that jumps expires nothing.
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
  const lastUseMs = Math.max(either?.emptySinceMs ?? -Infinity, offsets.latestCommitMs ?? -Infinity);
  return nowMs - lastUseMs >= groupExpiryMs;
}

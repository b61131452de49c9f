import { coordinatorLimits } from './limits.ts';

/** Why a group must not be called so, or null when it may. */
export function checkGroupId(groupId: string): string | null {
  return checkIdentifier(groupId, 'a group id', coordinatorLimits.groupIdCharactersMax);
}

/** Why a text is no id, or null when it is one. Control characters would break the lines of logs and tables. */
export function checkIdentifier(id: string, what: string, charactersMax: number): string | null {
  if (id.length === 0) return `${what} must not be empty`;
  if (id.length > charactersMax) return `${what} has at most ${charactersMax} characters, this one has ${id.length}`;
  if (/\p{Cc}/u.test(id)) return `${what} must have no control characters`;
  if (!id.isWellFormed()) return `${what} must not have half a surrogate pair`;
  return null;
}

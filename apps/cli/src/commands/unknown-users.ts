import type { AdminApi } from '../admin/admin-api.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { everybody } from '../acl/rule-words.ts';
import { nearest } from '../input/nearest.ts';
import { usersPath } from './user-list.ts';
import type { UserRow } from './user-list.ts';

/**
 * Says on standard error which of them are users that the broker does not have: a rule or a quota for a name that was
 * mistyped is taken, and does nothing. Who may not look at users hears nothing.
 */
export async function noteUnknownPrincipals(
  context: CommandContext,
  admin: AdminApi,
  principals: readonly string[],
): Promise<void> {
  await noteUnknownUsers(context, admin, principals.flatMap(userNamed));
}

/** The same for names of users. */
export async function noteUnknownUsers(
  { stderr }: CommandContext,
  admin: AdminApi,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  const known = await usersOf(admin);
  if (known === null) return;
  for (const name of new Set(names)) {
    if (known.includes(name)) continue;
    const guess = nearest(name, known);
    const meant =
      guess === undefined ? 'that is right for one that comes by certificate or token' : `did you mean ${guess}?`;
    stderr.write(`note: the broker has no user "${name}" with a password; ${meant}\n`);
  }
}

/** Everybody, and whoever has no name, are no users. */
function userNamed(principal: string): string[] {
  const name = principal.replace(/^User:/, '');
  return principal === everybody || name === 'ANONYMOUS' ? [] : [name];
}

/** Null: this user may not know, or nobody has a password there. */
async function usersOf(admin: AdminApi): Promise<string[] | null> {
  try {
    return (await admin.json<readonly UserRow[]>({ path: usersPath })).map(({ name }) => name);
  } catch (error) {
    if (error instanceof CommandError) return null;
    throw error;
  }
}

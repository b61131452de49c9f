import { readFile } from 'node:fs/promises';
import type { Broker } from '@q/broker';
import { allowEverything, everything } from './administrator-rules.ts';
import { wrong } from './security-options.ts';
import type { Settings } from './settings.ts';

type Rules = NonNullable<Broker['rules']>;

/**
 * Makes the first administrator where there is neither a user nor a rule yet. It is a user like others, with rules that
 * can be seen and removed. Null: nothing was made. @throws Error INVALID_CONFIG
 */
export async function makeFirstAdministrator(
  { firstAdmin: name, firstAdminPasswordFile: file }: Pick<Settings, 'firstAdmin' | 'firstAdminPasswordFile'>,
  broker: Pick<Broker, 'users' | 'rules'>,
): Promise<string | null> {
  if (name === null) return null;
  const { users, rules } = broker;
  if (users === null || rules === null) throw wrong('firstAdmin', name, 'needs authentication as well');
  if (!isFirstStart(name, { users: users.list(), rules: rules.list() })) return null;
  if (file === null) throw wrong('firstAdminPasswordFile', 'none', 'firstAdmin needs a file with its password');
  const password = await readFile(file, 'utf8').catch((error: unknown) => {
    throw wrong('firstAdminPasswordFile', file, `it cannot be read: ${(error as Error).message}`);
  });
  // The user first: rules outlive their users, so rules without one are those of an administrator who was removed.
  // A line ends with a line end, and nobody means it as part of the password.
  await users.setPassword(name, password.replace(/\r?\n$/, ''));
  await allowEverything(name, rules);
  return name;
}

/** Also the one after a start that was cut off between the user and its rules: nobody else can have come in since. */
function isFirstStart(
  name: string,
  { users, rules }: { readonly users: readonly string[]; readonly rules: ReturnType<Rules['list']> },
): boolean {
  if (users.length === 0) return rules.length === 0;
  const isAlone = users.length === 1 && users[0] === name;
  return isAlone && rules.length < everything.length && rules.every(({ principal }) => principal === `User:${name}`);
}

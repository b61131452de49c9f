import { readFile } from 'node:fs/promises';
import type { Broker } from '@q/broker';
import { allowEverything } from './administrator-rules.ts';
import { wrong } from './security-options.ts';
import type { Settings } from './settings.ts';

/**
 * Makes the first administrator where there is no user yet. It is a user like others, with rules that can be seen and
 * removed. Null: nothing was made. @throws Error INVALID_CONFIG
 */
export async function makeFirstAdministrator(
  { firstAdmin: name, firstAdminPasswordFile: file }: Pick<Settings, 'firstAdmin' | 'firstAdminPasswordFile'>,
  broker: Pick<Broker, 'users' | 'rules'>,
): Promise<string | null> {
  if (name === null) return null;
  const { users, rules } = broker;
  if (users === null || rules === null) throw wrong('firstAdmin', name, 'needs authentication as well');
  if (users.list().length > 0) return null;
  if (file === null) throw wrong('firstAdminPasswordFile', 'none', 'firstAdmin needs a file with its password');
  const password = await readFile(file, 'utf8').catch((error: unknown) => {
    throw wrong('firstAdminPasswordFile', file, `it cannot be read: ${(error as Error).message}`);
  });
  await allowEverything(name, rules);
  // A line ends with one, and nobody means it as part of the password.
  await users.setPassword(name, password.replace(/\r?\n$/, ''));
  return name;
}

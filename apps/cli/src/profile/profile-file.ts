import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { parseTimeout } from '../input/duration.ts';
import { loginMechanisms, secureNames } from '../secure-options.ts';
import type { SecureOptions } from '../secure-options.ts';

/**
 * A connection that has a name. What it does not say is left to flags, variables and defaults. It says where a secret
 * is, and holds none: people show each other this file.
 */
export interface Profile extends SecureOptions {
  readonly url: string;
  readonly adminUrl?: string;
  /** As it was written, such as `5s`. */
  readonly timeout?: string;
}

/** What the file holds: named connections, and which of them counts when none is asked for. */
export interface ProfileFile {
  readonly current: string | null;
  readonly profiles: ReadonlyMap<string, Profile>;
}

const empty: ProfileFile = { current: null, profiles: new Map() };
const fields: readonly (keyof Profile)[] = ['url', 'adminUrl', 'timeout', ...secureNames];

/** A file that is not there has no profiles. @throws CommandError naming the file, the profile and the setting */
export async function readProfiles(path: string): Promise<ProfileFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return empty;
    throw unreadable(path, (error as Error).message, error);
  }
  const { parse } = await import('yaml');
  let content: unknown;
  try {
    content = parse(text) as unknown;
  } catch (error) {
    throw unreadable(path, (error as Error).message.split('\n', 1)[0] ?? '', error);
  }
  return content === null || content === undefined ? empty : check(path, content);
}

/**
 * Nobody else may read it: it tells where secrets are. It is whole at every moment: a program that reads it meanwhile
 * finds the old one or the new one.
 */
export async function writeProfiles(path: string, file: ProfileFile): Promise<void> {
  const { stringify } = await import('yaml');
  const text = stringify({
    ...(file.current !== null && { current: file.current }),
    profiles: Object.fromEntries(file.profiles),
  });
  const fresh = `${path}.${process.pid}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(fresh, text, { mode: 0o600 });
    // The mode above is only an upper bound of what the file gets, and does not count for one that was left over.
    await chmod(fresh, 0o600);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw new CommandError(ExitCode.failure, `${path} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function check(path: string, content: unknown): ProfileFile {
  const { current = null, profiles = {}, ...others } = mapOf(path, 'the file', content);
  refuseOthers(path, 'the file', Object.keys(others), ['current', 'profiles']);
  if (current !== null && typeof current !== 'string') throw unreadable(path, 'current is not the name of a profile');
  const named = Object.entries(mapOf(path, 'profiles', profiles)).map(
    ([name, profile]) => [name, checkProfile(path, name, profile)] as const,
  );
  return { current, profiles: new Map(named) };
}

function checkProfile(path: string, name: string, content: unknown): Profile {
  const where = `profile ${name}`;
  const profile = mapOf(path, where, content);
  refuseSecrets(path, where, profile);
  refuseOthers(path, where, Object.keys(profile), fields);
  for (const field of fields) {
    const value = profile[field];
    const type = field === 'tls' ? 'boolean' : 'string';
    if (value !== undefined && typeof value !== type) {
      const expected = field === 'tls' ? 'true or false' : 'a text';
      throw unreadable(path, `${field} of ${where} is ${JSON.stringify(value)}; expected ${expected}`);
    }
  }
  const { url, timeout, mechanism } = profile as Partial<Profile>;
  if (url === undefined) throw unreadable(path, `${where} has no url`);
  if (timeout !== undefined) checkTimeout(path, where, timeout);
  if (mechanism !== undefined && !loginMechanisms.includes(mechanism)) {
    const expected = `one of ${loginMechanisms.join(', ')}`;
    throw unreadable(path, `mechanism of ${where} is ${JSON.stringify(mechanism)}; expected ${expected}`);
  }
  return profile as Partial<Profile> & { url: string };
}

/** Said without the secret itself. */
function refuseSecrets(path: string, where: string, profile: Record<string, unknown>): void {
  const name = ['password', 'token'].find((secret) => secret in profile);
  if (name === undefined) return;
  throw unreadable(
    path,
    `${where} holds a ${name}, and this file is no place for secrets: put it into a file of mode 0600 and name that with ${name}File`,
  );
}

function checkTimeout(path: string, where: string, timeout: string): void {
  try {
    parseTimeout(timeout);
  } catch (error) {
    throw unreadable(path, `timeout of ${where} is "${timeout}"; ${(error as Error).message}`, error);
  }
}

function mapOf(path: string, what: string, content: unknown): Record<string, unknown> {
  if (typeof content === 'object' && content !== null && !Array.isArray(content))
    return content as Record<string, unknown>;
  throw unreadable(path, `${what} is not a list of names with values`);
}

function refuseOthers(path: string, what: string, found: readonly string[], allowed: readonly string[]): void {
  const unknown = found.find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw unreadable(path, `${what} has no "${unknown}"; it knows ${allowed.join(', ')}`);
}

function unreadable(path: string, reason: string, cause?: unknown): CommandError {
  return new CommandError(ExitCode.failure, `${path} cannot be used: ${reason}`, {
    cause,
    hint: 'mend it, or take it away',
  });
}

import { resolve } from 'node:path';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { CommandError, usageError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { profileOf } from '../profile/profile-choice.ts';
import { readProfiles, writeProfiles } from '../profile/profile-file.ts';
import type { Profile, ProfileFile } from '../profile/profile-file.ts';
import { profilePath } from '../profile/profile-path.ts';
import { checkSecurity } from '../secure/connect-security.ts';
import { secureNames } from '../secure-options.ts';
import type { SecureOptions } from '../secure-options.ts';

export interface ProfileAddOptions extends GlobalOptions {
  readonly force?: boolean;
  readonly use?: boolean;
}

export async function addProfile(
  context: CommandContext,
  name: string,
  o: { options: ProfileAddOptions; given: (option: string) => boolean },
): Promise<ExitCode> {
  const { options, given } = o;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
    throw usageError(`"${name}" is no name for a profile; use up to 64 letters, digits, ".", "_" and "-"`);
  if (!given('url')) throw usageError('a profile is a connection: name the broker with --url');
  await checkUrls(options);
  const profile: Profile = {
    url: options.url,
    ...(given('adminUrl') && options.adminUrl !== undefined && { adminUrl: options.adminUrl }),
    ...(given('timeout') && options.timeout !== undefined && { timeout: `${options.timeout}ms` }),
    ...(await givenSecurity(options, given)),
  };
  return edit(context, options, (file, path) => {
    if (file.profiles.has(name) && options.force !== true)
      throw new CommandError(ExitCode.failure, `there is a profile "${name}" in ${path}`, {
        hint: '--force replaces it',
      });
    const current = options.use === true || file.profiles.size === 0 ? name : file.current;
    const used = current === name ? ', which is used from now on' : '';
    return {
      file: { current, profiles: new Map([...file.profiles, [name, profile]]) },
      said: `${name} is ${profile.url}${used}`,
    };
  });
}

export function useProfile(context: CommandContext, name: string, options: GlobalOptions): Promise<ExitCode> {
  return edit(context, options, (file, path) => {
    const { url } = profileOf(file, name, path);
    return { file: { ...file, current: name }, said: `${name} is used from now on: ${url}` };
  });
}

export function removeProfile(context: CommandContext, name: string, options: GlobalOptions): Promise<ExitCode> {
  return edit(context, options, (file, path) => {
    profileOf(file, name, path);
    const wasUsed = file.current === name;
    return {
      file: {
        current: wasUsed ? null : file.current,
        profiles: new Map([...file.profiles].filter(([other]) => other !== name)),
      },
      said: wasUsed ? `${name} is forgotten; no profile is used now` : `${name} is forgotten`,
    };
  });
}

/** Files are looked at now, so that a mistake is told now, and named in full, as a profile is used from anywhere. */
async function givenSecurity(options: ProfileAddOptions, given: (option: string) => boolean): Promise<SecureOptions> {
  const kept = Object.fromEntries(
    secureNames
      .filter((name) => given(name) && options[name] !== undefined)
      .map((name) => [name, isPath(name) ? resolve(String(options[name])) : options[name]]),
  ) as SecureOptions;
  if (options.passwordFile === '-') {
    throw usageError('a profile cannot keep standard input; put the password into a file of mode 0600 and name that');
  }
  await checkSecurity(kept);
  return kept;
}

function isPath(name: keyof SecureOptions): boolean {
  return ['ca', 'cert', 'certKey', 'passwordFile', 'tokenFile'].includes(name);
}

/** The client says what an address may be. */
async function checkUrls({ url, adminUrl }: GlobalOptions): Promise<void> {
  const { connect, QError } = await import('@q/client');
  try {
    // A signal that is aborted already: the options are checked, and nothing is asked of anybody.
    await using _q = await connect(url, { signal: AbortSignal.abort() });
  } catch (error) {
    if (QError.is(error) && error.code === 'INVALID_CONFIG') throw usageError(`--url: ${error.message}`);
  }
  if (adminUrl !== undefined && !/^https?:\/\/[^/]/.test(adminUrl))
    throw usageError(`--admin-url: "${adminUrl}" is not an address such as http://localhost:7421`);
}

async function edit(
  context: CommandContext,
  options: GlobalOptions,
  change: (file: ProfileFile, path: string) => { file: ProfileFile; said: string },
): Promise<ExitCode> {
  const path = profilePath(process.env);
  const { file, said } = change(await readProfiles(path), path);
  await writeProfiles(path, file);
  const json = { path, current: file.current, profiles: [...file.profiles.keys()] };
  context.stdout.write(options.json === true ? formatJson(json, isTerminal(context.stdout)) : `${said}\n`);
  return ExitCode.ok;
}

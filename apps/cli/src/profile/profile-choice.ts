import type { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { parseTimeout } from '../input/duration.ts';
import { readProfiles } from './profile-file.ts';
import type { Profile, ProfileFile } from './profile-file.ts';
import { profilePath } from './profile-path.ts';
import { secretSources, secureNames, tlsNames } from '../secure-options.ts';
import type { SecureOptions } from '../secure-options.ts';

/**
 * Takes what a profile says for options that nothing else has set.
 *
 *     --url, --admin-url, --timeout  >  --profile  >  Q_URL, Q_ADMIN_URL, Q_TIMEOUT  >  Q_PROFILE, or `q profile use`  >  defaults
 *
 * What it says of the admin interface, TLS, users and passwords counts only for its own broker.
 *
 * What it says of a password counts only for its own user, too, and of both nothing beside `--cert`. `Q_ADMIN_URL`
 * counts only for the broker of `Q_URL`, where there is one.
 *
 * A profile that is named on the command line is a flag: it counts more than variables that somebody set before.
 *
 * @param program has the options
 * @returns what somebody should know who named a profile, and the address of another broker; null: nothing
 */
export async function applyProfile(program: Command, env: NodeJS.ProcessEnv): Promise<string | null> {
  leaveOthersAdmin(program, env);
  const { profile: named } = program.opts<{ profile?: string }>();
  const byFlag = program.getOptionValueSource('profile') === 'cli';
  const path = profilePath(env);
  const file = await readProfiles(path);
  const name = named ?? file.current;
  if (name === null) return null;
  const profile = profileOf(file, name, path);
  const set = (option: keyof Profile, value: string | number | boolean | undefined): void => {
    const source = program.getOptionValueSource(option);
    if (value === undefined || source === 'cli' || (source === 'env' && !byFlag)) return;
    program.setOptionValueWithSource(option, value, 'config');
  };
  set('url', profile.url);
  set('timeout', profile.timeout === undefined ? undefined : parseTimeout(profile.timeout));
  // Another broker's admin interface would be asked about this one.
  if (byFlag && profile.adminUrl === undefined && program.getOptionValueSource('adminUrl') === 'env')
    program.setOptionValueWithSource('adminUrl', undefined, 'config');
  const { url } = program.opts<{ url: string }>();
  if (url !== profile.url) return byFlag ? notItsBroker(profile, { name, url }) : null;
  // Its admin interface is that broker's: beside the address of another one, the wrong broker would be changed.
  set('adminUrl', profile.adminUrl);
  // Whom it trusts, and as whom it comes in, is of that broker: another one is not shown a password.
  applySecurity(program, profile, { set, byFlag });
  return null;
}

/** `Q_ADMIN_URL` is of the broker of `Q_URL`: beside `--url` of another one, the wrong broker would be changed. */
function leaveOthersAdmin(program: Command, { Q_URL: urlBefore }: NodeJS.ProcessEnv): void {
  const isOther = program.getOptionValueSource('url') === 'cli' && program.opts<{ url: string }>().url !== urlBefore;
  if (urlBefore !== undefined && isOther && program.getOptionValueSource('adminUrl') === 'env')
    program.setOptionValueWithSource('adminUrl', undefined, 'config');
}

/** What would be missed: whoever gives an address for a broker that the profile knows by another one. */
function notItsBroker(profile: Profile, { name, url }: { readonly name: string; readonly url: string }): string | null {
  const unused = (['adminUrl', ...secureNames] as const).filter((each) => profile[each] !== undefined);
  if (unused.length === 0) return null;
  return `note: profile "${name}" is of ${profile.url ?? 'no broker'}: at ${url} its ${unused.join(', ')} count for nothing`;
}

function applySecurity(
  program: Command,
  profile: Profile,
  { set, byFlag }: { set: (option: keyof Profile, value: string | boolean | undefined) => void; byFlag: boolean },
): void {
  const isSet = (name: keyof SecureOptions): boolean => {
    const source = program.getOptionValueSource(name);
    return source === 'cli' || (source === 'env' && !byFlag);
  };
  // Whoever shows a certificate comes in as whom that says, and not as the user of the profile.
  const isByCertificate = isSet('cert') && !isSet('user');
  for (const name of tlsNames) set(name, profile[name]);
  if (isByCertificate) return;
  for (const name of ['user', 'mechanism'] as const) set(name, profile[name]);
  // The password of one user is not that of another, and one place where it is is enough.
  const isItsUser = program.opts<SecureOptions>().user === profile.user;
  if (secretSources.some(isSet) || !isItsUser) return;
  if (!secretSources.some((name) => profile[name] !== undefined)) return;
  for (const name of secretSources) program.setOptionValueWithSource(name, profile[name], 'config');
}

/** @throws CommandError which profiles there are */
export function profileOf({ profiles }: ProfileFile, name: string, path: string): Profile {
  const profile = profiles.get(name);
  if (profile !== undefined) return profile;
  const names = [...profiles.keys()].join(', ');
  throw new CommandError(ExitCode.notFound, `there is no profile "${name}" in ${path}`, {
    hint: names === '' ? '"q profile add" makes one' : `it has ${names}`,
  });
}

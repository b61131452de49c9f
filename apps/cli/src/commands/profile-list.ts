import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatFacts, formatTable } from '../output/table.ts';
import { profileOf } from '../profile/profile-choice.ts';
import { readProfiles } from '../profile/profile-file.ts';
import { profilePath } from '../profile/profile-path.ts';
import { checkSecurity } from '../secure/connect-security.ts';

export async function listProfiles(context: CommandContext, options: GlobalOptions): Promise<ExitCode> {
  const path = profilePath(process.env);
  const { current, profiles } = await readProfiles(path);
  const named = [...profiles].map(([name, profile]) => ({ name, ...profile, current: name === current }));
  if (options.json === true) {
    context.stdout.write(formatJson({ path, current, profiles: named }, isTerminal(context.stdout)));
    return ExitCode.ok;
  }
  if (named.length === 0 && isTerminal(context.stdout)) {
    context.stderr.write(`no profiles yet in ${path}\n`);
    return ExitCode.ok;
  }
  const columns = ['', 'profile', 'url', 'admin url', 'timeout', 'user'].map((title) => ({ title }));
  const rows = named.map((profile) => [
    profile.current ? '*' : '',
    profile.name,
    profile.url,
    profile.adminUrl ?? '-',
    profile.timeout ?? '-',
    profile.user ?? '-',
  ]);
  context.stdout.write(await formatTable(columns, rows, context.stdout));
  return ExitCode.ok;
}

export async function showProfile(context: CommandContext, name: string, options: GlobalOptions): Promise<ExitCode> {
  const path = profilePath(process.env);
  const file = await readProfiles(path);
  const profile = profileOf(file, name, path);
  const facts = { name, ...profile, current: file.current === name };
  const terminal = isTerminal(context.stdout);
  const rows = Object.entries(facts).map(([key, value]) => [key, String(value)] as const);
  context.stdout.write(options.json === true ? formatJson(facts, terminal) : formatFacts(rows, terminal));
  await checkSecurity(profile);
  return ExitCode.ok;
}

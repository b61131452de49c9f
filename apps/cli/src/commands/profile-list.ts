import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatTable } from '../output/table.ts';
import { readProfiles } from '../profile/profile-file.ts';
import { profilePath } from '../profile/profile-path.ts';

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
  const columns = [{ title: '' }, { title: 'profile' }, { title: 'url' }, { title: 'admin url' }, { title: 'timeout' }];
  const rows = named.map((profile) => [
    profile.current ? '*' : '',
    profile.name,
    profile.url,
    profile.adminUrl ?? '-',
    profile.timeout ?? '-',
  ]);
  context.stdout.write(await formatTable(columns, rows, context.stdout));
  return ExitCode.ok;
}

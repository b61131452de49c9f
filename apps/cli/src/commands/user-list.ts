import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatTable } from '../output/table.ts';

export const usersPath = '/api/v1/users';

/** A user as the admin API tells it. */
export interface UserRow {
  readonly name: string;
  readonly mechanisms: readonly string[];
}

export async function listUsers(context: CommandContext, options: GlobalOptions): Promise<ExitCode> {
  const users = await withAdmin(context, options, (admin) => admin.json<readonly UserRow[]>({ path: usersPath }));
  const { stdout, stderr } = context;
  if (options.json === true) stdout.write(formatJson(users, isTerminal(stdout)));
  else if (users.length === 0 && isTerminal(stdout)) stderr.write('no users yet; "q user create" makes one\n');
  else {
    const rows = users.map(({ name, mechanisms }) => [name, mechanisms.join(', ')]);
    stdout.write(await formatTable([{ title: 'user' }, { title: 'comes in by' }], rows, stdout));
  }
  return ExitCode.ok;
}

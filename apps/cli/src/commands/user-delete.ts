import { filtersOf } from '../acl/rule-filter.ts';
import type { AdminApi } from '../admin/admin-api.ts';
import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { confirm, requireForceOrTerminal } from '../confirmation.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { counted } from '../output/counted.ts';
import { rulesThatFit } from './acl-list.ts';
import { usersPath } from './user-list.ts';
import type { UserRow } from './user-list.ts';
import { noSuchUser } from './user-password.ts';
import { principalOf } from './whoami.ts';

export interface UserDeleteOptions extends GlobalOptions {
  readonly force?: boolean;
}

export async function deleteUser(context: CommandContext, name: string, options: UserDeleteOptions): Promise<ExitCode> {
  const forced = options.force === true;
  requireForceOrTerminal(context, { forced, what: `deleting user ${name}` });
  const rules = await withAdmin(context, options, async (admin) => {
    const users = await admin.json<readonly UserRow[]>({ path: usersPath });
    if (!users.some((user) => user.name === name)) throw noSuchUser(name, users);
    if (!forced) {
      const isSelf = (await principalOf(admin)) === `User:${name}`;
      await confirm(context, `Delete user ${name}${isSelf ? ', who is you: you could not come in again' : ''}?`);
    }
    await admin.json({ method: 'DELETE', path: `${usersPath}/${encodeURIComponent(name)}` });
    return rulesAbout(admin, name);
  });
  const { stdout, stderr } = context;
  stdout.write(options.json === true ? formatJson({ name }, isTerminal(stdout)) : `deleted user ${name}\n`);
  if (rules > 0)
    stderr.write(
      `note: ${counted(String(rules), 'access rule')} about ${name} ${rules === 1 ? 'stays' : 'stay'}, for whoever gets the name next; "q acl remove --principal ${name}" takes what is about it away\n`,
    );
  return ExitCode.ok;
}

/** Those for it by name; 0 where this user may not see rules. */
async function rulesAbout(admin: AdminApi, name: string): Promise<number> {
  try {
    return (await rulesThatFit(admin, filtersOf({ principal: `User:${name}` }))).length;
  } catch (error) {
    if (error instanceof CommandError) return 0;
    throw error;
  }
}

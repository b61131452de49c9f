import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { confirm, requireForceOrTerminal } from '../confirmation.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
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
  await withAdmin(context, options, async (admin) => {
    const users = await admin.json<readonly UserRow[]>({ path: usersPath });
    if (!users.some((user) => user.name === name)) throw noSuchUser(name, users);
    if (!forced) {
      const isSelf = (await principalOf(admin)) === `User:${name}`;
      await confirm(context, `Delete user ${name}${isSelf ? ', who is you: you could not come in again' : ''}?`);
    }
    await admin.json({ method: 'DELETE', path: `${usersPath}/${encodeURIComponent(name)}` });
  });
  const { stdout } = context;
  stdout.write(options.json === true ? formatJson({ name }, isTerminal(stdout)) : `deleted user ${name}\n`);
  return ExitCode.ok;
}

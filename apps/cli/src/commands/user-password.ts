import { rm } from 'node:fs/promises';
import type { AdminApi } from '../admin/admin-api.ts';
import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { nearest } from '../input/nearest.ts';
import { formatJson } from '../output/json.ts';
import { checkNewPassword, newPassword } from '../secure/new-password.ts';
import type { NewPasswordOptions } from '../secure/new-password.ts';
import { keepNewSecret } from '../secure/secret-file.ts';
import { usersPath } from './user-list.ts';
import type { UserRow } from './user-list.ts';

export interface UserPasswordOptions extends GlobalOptions, NewPasswordOptions {}

export function createUser(context: CommandContext, name: string, options: UserPasswordOptions): Promise<ExitCode> {
  return give(context, name, { options, isNew: true });
}

export function changePassword(context: CommandContext, name: string, options: UserPasswordOptions): Promise<ExitCode> {
  return give(context, name, { options, isNew: false });
}

async function give(
  context: CommandContext,
  name: string,
  { options, isNew }: { readonly options: UserPasswordOptions; readonly isNew: boolean },
): Promise<ExitCode> {
  checkNewPassword(context, options);
  const password = await withAdmin(context, options, async (admin) => {
    // Nobody types a password for nothing.
    await checkThere(admin, name, { isNew });
    const given = await newPassword(context, name, options);
    // Kept before it counts: a password that cannot be kept would be of no use to anybody.
    if (options.into !== undefined) await keepNewSecret(options.into, given);
    try {
      await store(admin, { name, password: given, isNew });
    } catch (error) {
      if (options.into !== undefined) await rm(options.into, { force: true });
      throw error;
    }
    return given;
  });
  report(context, name, { options, said: isNew ? `made user ${name}` : `${name} has another password`, password });
  return ExitCode.ok;
}

async function store(
  admin: AdminApi,
  { name, password, isNew }: { readonly name: string; readonly password: string; readonly isNew: boolean },
): Promise<void> {
  if (isNew) await admin.json({ path: usersPath, body: { name, password } });
  else
    await admin.json({ method: 'PUT', path: `${usersPath}/${encodeURIComponent(name)}/password`, body: { password } });
}

async function checkThere(admin: AdminApi, name: string, { isNew }: { readonly isNew: boolean }): Promise<void> {
  const users = await admin.json<readonly UserRow[]>({ path: usersPath });
  const isThere = users.some((user) => user.name === name);
  if (isThere === !isNew) return;
  if (isThere) {
    throw new CommandError(ExitCode.failure, `there is a user ${name} already`, {
      hint: `"q user passwd ${name}" gives it another password`,
    });
  }
  throw noSuchUser(name, users);
}

/** With the nearest name. */
export function noSuchUser(name: string, users: readonly UserRow[]): CommandError {
  const guess = nearest(
    name,
    users.map((user) => user.name),
  );
  return new CommandError(ExitCode.notFound, `there is no user ${name}`, {
    hint: guess === undefined ? 'q user list shows all' : `did you mean ${guess}?`,
  });
}

/** A password that was made up is told once: in its file, or alone on standard output. */
function report(
  { stdout, stderr }: CommandContext,
  name: string,
  o: { readonly options: UserPasswordOptions; readonly said: string; readonly password: string },
): void {
  const { options, said, password } = o;
  const { into } = options;
  const isMadeUp = options.generate === true && into === undefined;
  if (options.json === true) {
    stdout.write(
      formatJson(
        { name, ...(isMadeUp && { password }), ...(into !== undefined && { passwordFile: into }) },
        isTerminal(stdout),
      ),
    );
  } else if (isMadeUp) {
    stderr.write(`${said}; this is its password, which is stored nowhere:\n`);
    stdout.write(`${password}\n`);
  } else stdout.write(`${said}${into === undefined ? '' : `; its password is in ${into}`}\n`);
}

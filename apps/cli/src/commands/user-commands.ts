import type { Command } from 'commander';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import type { ProgramHost } from '../program-host.ts';
import type { UserDeleteOptions } from './user-delete.ts';
import type { UserPasswordOptions } from './user-password.ts';

const passwordHelp = 'the password is asked for, or read from standard input; it is never an argument';
const generateHelp = 'make a password up, and write it to standard output, once';
const intoHelp = 'write the password that --generate makes up to this new file, for nobody else to read';

/** `q user …`: definitions only, see `createProgram`. */
export function addUserCommands(program: Command, host: ProgramHost): void {
  const user = program.command('user').description('make, list and delete users, and change their passwords');
  addPasswords(user, host);
  addExamples(user.command('list').description('list the users, and how each may come in'), [
    ['q user list'],
    ["q user list --json | jq -r '.[].name'", 'their names, for a program'],
  ]).action((_options: unknown, command: Command) =>
    host.run(() =>
      import('./user-list.ts').then(({ listUsers }) =>
        listUsers(host.context, command.optsWithGlobals<GlobalOptions>()),
      ),
    ),
  );
  addExamples(
    user
      .command('delete <user>')
      .description('delete a user; the access rules about it stay, for whoever gets the name next')
      .option('--force', 'do not ask'),
    [['q user delete bob', 'asks first'], ['q user delete bob --force && q acl remove --principal bob']],
  ).action((name: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./user-delete.ts').then(({ deleteUser }) =>
        deleteUser(host.context, name, command.optsWithGlobals<UserDeleteOptions>()),
      ),
    ),
  );
}

function addPasswords(user: Command, host: ProgramHost): void {
  addExamples(
    user
      .command('create <user>')
      .description(`make a user; ${passwordHelp}`)
      .option('--generate', generateHelp)
      .option('--into <file>', intoHelp),
    [
      ['q user create bob', 'asks for the password, twice'],
      ['cat bob.password | q user create bob', 'takes it from standard input'],
      ['q user create billing --generate --into billing.password', 'makes one up'],
    ],
  ).action((name: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./user-password.ts').then(({ createUser }) =>
        createUser(host.context, name, command.optsWithGlobals<UserPasswordOptions>()),
      ),
    ),
  );
  addExamples(
    user
      .command('passwd <user>')
      .description(`give a user another password; ${passwordHelp}`)
      .option('--generate', generateHelp)
      .option('--into <file>', intoHelp),
    [['q user passwd bob', 'asks for the new password, twice'], ['cat bob.password | q user passwd bob']],
  ).action((name: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./user-password.ts').then(({ changePassword }) =>
        changePassword(host.context, name, command.optsWithGlobals<UserPasswordOptions>()),
      ),
    ),
  );
}

import type { LoginOptions } from '@q/client';
import { usageError } from '../command-error.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { askSecret } from './password-prompt.ts';
import { oneSecret, secretFromInput } from './password-text.ts';
import { outputOfCommand } from './secret-command.ts';
import { readSecretFile } from './secret-file.ts';
import { passwordVariableDefault, secretSources } from '../secure-options.ts';
import type { SecureOptions } from '../secure-options.ts';

/** Bearer tokens have a variable of their own, for programs that have got one already. */
const tokenVariable = 'Q_TOKEN';

/** As whom a command comes in; undefined: as nobody, or by its certificate. Asks for a password at most once. */
export function loginOf(context: CommandContext, options: GlobalOptions): Promise<LoginOptions | undefined> {
  let login = asked.get(context);
  if (login === undefined) {
    login = readLogin(context, options);
    asked.set(context, login);
  }
  return login;
}

/** A command reaches the broker by two doors, and a password is typed once. */
const asked = new WeakMap<CommandContext, Promise<LoginOptions | undefined>>();

/** @throws CommandError which of them contradict each other, or where no password is */
async function readLogin(context: CommandContext, options: GlobalOptions): Promise<LoginOptions | undefined> {
  checkLogin(options);
  const token = tokenSource(context, options);
  if (token !== null) return { mechanism: 'OAUTHBEARER', token };
  const { user: username, mechanism } = options;
  if (username === undefined || mechanism === 'OAUTHBEARER') return undefined;
  const password = await readPassword(context, options, username);
  return { username, password, ...(mechanism !== undefined && { mechanism }) };
}

/** @throws CommandError which of the options contradict each other, or what is missing */
export function checkLogin(options: SecureOptions): void {
  const { user, mechanism } = options;
  const [one, other] = secretSources.filter((name) => options[name] !== undefined);
  if (one !== undefined && other !== undefined)
    throw usageError(`${flagOf(one)} and ${flagOf(other)} do not go together; one of them says where the secret is`);
  const isToken = one === 'tokenFile' || one === 'tokenCommand';
  if (isToken && mechanism !== undefined && mechanism !== 'OAUTHBEARER')
    throw usageError(`${flagOf(one)} is of OAUTHBEARER, and --mechanism is ${mechanism}`);
  if (mechanism === 'OAUTHBEARER' && !isToken && process.env[tokenVariable] === undefined)
    throw usageError('OAUTHBEARER wants a token; name a file with --token-file, or a command with --token-command');
  const needing = one ?? (mechanism === undefined ? undefined : 'mechanism');
  if (needing !== undefined && user === undefined && !isToken && mechanism !== 'OAUTHBEARER')
    throw usageError(`${flagOf(needing)} needs the name of a user; give one with --user`);
}

/** Read anew each time: a token is good for minutes, and whoever renews it writes to the same place. */
function tokenSource(context: CommandContext, options: SecureOptions): (() => Promise<string>) | null {
  const { tokenFile: path, tokenCommand: command } = options;
  if (path !== undefined)
    return async () => oneSecret(await readSecretFile({ path, what: 'the token file' }), 'the token');
  if (command !== undefined) {
    return async () =>
      oneSecret(
        await outputOfCommand(command, { what: 'the command of --token-command', signal: context.interrupt }),
        'what the command of --token-command wrote',
      );
  }
  const token = process.env[tokenVariable];
  return options.mechanism === 'OAUTHBEARER' && token !== undefined
    ? async () => oneSecret(token, `the variable ${tokenVariable}`)
    : null;
}

async function readPassword(context: CommandContext, options: SecureOptions, user: string): Promise<string> {
  const { passwordFile: path, passwordCommand: command, passwordVariable } = options;
  if (path === '-') return secretFromInput(context, `the password of ${user}`);
  if (path !== undefined) return oneSecret(await readSecretFile({ path, what: 'the password file' }), path);
  if (command !== undefined) {
    const what = 'the command of --password-command';
    return oneSecret(await outputOfCommand(command, { what, signal: context.interrupt }), `what ${what} wrote`);
  }
  const variable = passwordVariable ?? passwordVariableDefault;
  const value = process.env[variable];
  if (value !== undefined) return oneSecret(value, `the variable ${variable}`);
  if (passwordVariable !== undefined)
    throw usageError(`there is no variable ${variable}, which has the password of ${user}`);
  if (isTerminal(context.stdin)) return oneSecret(await askSecret(context, `password of ${user}`), 'the password');
  throw usageError(
    `the password of ${user} is not known, and nobody can be asked here; name a file of mode 0600 with --password-file, or set ${passwordVariableDefault}`,
  );
}

/** `passwordFile` as it is written on the command line. */
function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

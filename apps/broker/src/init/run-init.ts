import { relative, resolve } from 'node:path';
import { ExitCode } from '../exit-code.ts';
import { brokerCall, commandLineCall } from '../program-call.ts';
import { resolveSettings } from '../resolve-settings.ts';
import type { SettingsInput } from '../resolve-settings.ts';
import type { Settings } from '../settings.ts';
import { makeFirstAdministrator } from './first-administrator.ts';
import { InitError } from './init-error.ts';
import { readInitFlags } from './init-flags.ts';
import type { InitFlags } from './init-flags.ts';
import { initHelp } from './init-help.ts';
import { readPassword } from './password-input.ts';
import { addClient, listed, renewCertificate, setUpSecurely } from './secure-setup.ts';
import type { SecureSetup, SetupTools } from './secure-setup.ts';

export interface InitTools extends SetupTools {
  readonly stdout: { write(text: string): unknown };
  /** Makes what settings are read from, of these words. */
  readonly settingsInput: (argv: readonly string[]) => SettingsInput;
}

/** `q-broker init …`. Returns the exit code. */
export async function runInit(argv: readonly string[], tools: InitTools): Promise<ExitCode> {
  try {
    tools.stdout.write(`${(await init(readInitFlags(argv), tools)).join('\n')}\n`);
    return ExitCode.stopped;
  } catch (error) {
    const { message, exitCode } = explained(error);
    tools.input.stderr.write(`q-broker: ${message}\n`);
    return exitCode;
  }
}

/** What the system refuses is no fault of this program, and told in one line. */
function explained(error: unknown): InitError {
  if (error instanceof InitError) return error;
  const { syscall, path, message } = error as NodeJS.ErrnoException;
  if (syscall === undefined) throw error;
  return new InitError(`${path ?? 'a file'} cannot be made or read: ${message}`, { cause: error });
}

async function init(flags: InitFlags, tools: InitTools): Promise<readonly string[]> {
  if (flags.help) return [initHelp.trimEnd()];
  if (flags.renew) return [await renewCertificate(flags, tools.now)];
  if (!flags.secure && flags.admin === null) return [await addClient(flags, flags.client!, tools.now)];
  const settings = await settingsOf(flags, tools);
  if (flags.secure) return secureLines(await setUpSecurely(flags, settings, tools), flags, tools.env);
  const name = flags.admin!;
  const users = await makeFirstAdministrator(settings, {
    name,
    password: () => readPassword(tools.input, { user: name, file: flags.passwordFile }),
  });
  const folder = resolve(settings.dataDir);
  if (users.length === 0) return [`${name} is the first administrator of ${folder}`];
  throw new InitError(
    `${folder} has users already (${listed(users)}), so that no first administrator is made; one of them makes others with "q user create"`,
  );
}

async function settingsOf({ dataDir, config }: InitFlags, tools: InitTools): Promise<Settings> {
  const words = [
    ...(config === null ? [] : ['--config', config]),
    ...(dataDir === null ? [] : ['--data-dir', dataDir]),
  ];
  const resolved = await resolveSettings(tools.settingsInput(words));
  if (resolved.kind === 'settings') {
    if (resolved.settings.storage === 'memory')
      throw new InitError('a broker in memory keeps no users; storage has to be file', {
        exitCode: ExitCode.badSettings,
      });
    return resolved.settings;
  }
  const problems = resolved.kind === 'refused' ? resolved.problems : [];
  throw new InitError(problems.join('; '), { exitCode: ExitCode.badSettings });
}

/** Four: what was made, how to start it, how to reach it, and what it is not for. */
function secureLines(setup: SecureSetup, flags: InitFlags, env: NodeJS.ProcessEnv): string[] {
  const { folder, settingsFile, made, kept } = setup;
  const surroundings = { moduleUrl: import.meta.url, env };
  const all = made.length === 0 ? 'nothing new' : made.join('; ');
  const there = kept.length === 0 ? '' : ` (there already: ${kept.join('; ')})`;
  return [
    `made       ${shown(folder)}: ${all}${there}`,
    `start      ${brokerCall(surroundings)} --config ${shown(settingsFile)}`,
    `connect    ${commandLineCall(surroundings)} topic list --profile ${flags.profile}`,
    `not for    production: the keys of the authority and of the broker and a password lie in one folder; docs/SECURITY.md`,
  ];
}

function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near !== '' && !near.startsWith('..') ? near : path;
}

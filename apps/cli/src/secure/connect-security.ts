import type { ConnectOptions } from '@q/client';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { checkLogin, loginOf } from './login-source.ts';
import { readSecretFile } from './secret-file.ts';
import type { SecureOptions } from '../secure-options.ts';
import { tlsOf } from './tls-files.ts';

/** How the client encrypts and logs in, as the options say. @throws CommandError what of them cannot be used */
export async function connectSecurity(
  context: CommandContext,
  options: GlobalOptions,
): Promise<Pick<ConnectOptions, 'tls' | 'login'>> {
  const tls = await tlsOf(options);
  const login = await loginOf(context, options);
  return { ...(tls !== undefined && { tls }), ...(login !== undefined && { login }) };
}

/** Whether what the options name can be used, as far as that can be told without a broker, and without asking. */
export async function checkSecurity(options: SecureOptions): Promise<void> {
  await tlsOf(options);
  checkLogin(options);
  const { passwordFile, tokenFile } = options;
  if (passwordFile !== undefined) await readSecretFile({ path: passwordFile, what: 'the password file' });
  if (tokenFile !== undefined) await readSecretFile({ path: tokenFile, what: 'the token file' });
}

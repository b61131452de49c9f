import type { LoginOptions } from '@q/client';
import { usageError } from '../command-error.ts';

/** The header by which a request says whose it is: RFC 7617 of a user, RFC 6750 of a token. */
export async function authorization(login: LoginOptions): Promise<string> {
  if (login.mechanism === 'OAUTHBEARER') return `Bearer ${await login.token()}`;
  const { username, password } = login;
  if (username.includes(':'))
    throw usageError(`"${username}" cannot come in by HTTP: there a name ends at the first colon`);
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

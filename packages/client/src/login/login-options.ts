import { QError } from '@q/protocol';
import type { ScramMechanism } from '@q/protocol';

import { clientLimits } from '../limits.ts';
import { checkOptions, isObject, oneOf, text } from '../option-check.ts';

/** A user and a password. */
export interface PasswordLogin {
  /**
   * Default: the strongest of SCRAM-SHA-512 and SCRAM-SHA-256 that the broker takes, neither of which tells it the
   * password. PLAIN does, so it has to be asked for, and goes over encrypted connections only.
   */
  readonly mechanism?: ScramMechanism | 'PLAIN';
  readonly username: string;
  readonly password: string;
}

/** A token of an identity provider. */
export interface TokenLogin {
  readonly mechanism: 'OAUTHBEARER';
  /** Gives a token that is valid for some minutes. Asked for each connection, and before the last one expires. */
  readonly token: () => string | Promise<string>;
}

/** How a client shows who it is. */
export type LoginOptions = PasswordLogin | TokenLogin;

const mechanisms = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN', 'OAUTHBEARER'] as const;

/** The options themselves, if they can be used. Null: none were given. @throws QError `INVALID_CONFIG` */
export function resolveLoginOptions(given: LoginOptions | undefined): LoginOptions | null {
  if (given === undefined) return null;
  if (!isObject(given)) throw refused('connect.login', 'an object with username and password, or with a token');
  const { mechanism } = given;
  if (mechanism === 'OAUTHBEARER') {
    checkOptions('connect.login', given, { mechanism: oneOf(mechanisms), token: null });
    if (typeof given.token !== 'function') throw refused('connect.login.token', 'a function that gives a token');
    return given;
  }
  checkOptions('connect.login', given, {
    mechanism: oneOf(mechanisms),
    username: text({ lengthMax: clientLimits.usernameLengthMax }),
    password: null,
  });
  if (given.username === undefined) throw refused('connect.login.username', 'the name of a user');
  checkPassword(given.password);
  return given;
}

/** Says what is allowed, and never what was given. */
function checkPassword(password: unknown): void {
  const { passwordLengthMax } = clientLimits;
  if (typeof password === 'string' && password.length > 0 && password.length <= passwordLengthMax) return;
  throw refused('connect.login.password', `a text of 1 to ${passwordLengthMax} characters`);
}

function refused(option: string, allowed: string): QError {
  return new QError('INVALID_CONFIG', `${option} must be ${allowed}`, { details: { option } });
}

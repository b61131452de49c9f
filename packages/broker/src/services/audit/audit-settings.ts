import { QError } from '@q/protocol';

/** What is told of logins, denials and changes, and where. */
export interface AuditOptions {
  /**
   * The log, the topic `__audit`, both, or nothing. Default: both where the broker asks who its clients are, else
   * nothing.
   */
  readonly to?: 'log' | 'topic' | 'both' | 'off';
  /** Successful logins too; there may be many. Refused ones always. Default: true. */
  readonly logins?: boolean;
}

/** The same, checked and complete. */
export interface AuditSettings {
  readonly isLogged: boolean;
  readonly isKept: boolean;
  readonly hasLogins: boolean;
}

const places: readonly string[] = ['log', 'topic', 'both', 'off'];

/** @throws QError INVALID_CONFIG */
export function resolveAudit(given: AuditOptions | undefined, { isSecured }: { isSecured: boolean }): AuditSettings {
  const { to = isSecured ? 'both' : 'off', logins = true } = given ?? {};
  if (!places.includes(to)) throw wrong('audit.to', to, `must be one of ${places.join(', ')}`);
  if (typeof logins !== 'boolean') throw wrong('audit.logins', String(logins), 'must be true or false');
  return { isLogged: to === 'log' || to === 'both', isKept: to === 'topic' || to === 'both', hasLogins: logins };
}

function wrong(setting: string, value: string, allowed: string): QError {
  return new QError('INVALID_CONFIG', `${setting} = ${value}: ${allowed}`, { details: { setting, value, allowed } });
}

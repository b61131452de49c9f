import { QError } from '@q/protocol';
import { auditLimits } from './audit-limits.ts';
import type { AuditRetention } from './audit-topic.ts';

/** What is told of logins, denials and changes, and where. */
export interface AuditOptions {
  /**
   * The log, the topic `__audit`, both, or nothing. Default: both where the broker asks who its clients are, else
   * nothing.
   */
  readonly to?: 'log' | 'topic' | 'both' | 'off';
  /** Successful logins too; there may be many. Refused ones always. Default: true. */
  readonly logins?: boolean;
  /** How long the topic keeps entries, in ms; -1: for ever. Default: 90 days. */
  readonly retentionMs?: number;
  /** How many bytes the topic keeps; -1: no matter how many. Default: 1 GiB. */
  readonly retentionBytes?: number;
}

/** The same, checked and complete. */
export interface AuditSettings extends AuditRetention {
  readonly isLogged: boolean;
  readonly isKept: boolean;
  readonly hasLogins: boolean;
}

const places: readonly string[] = ['log', 'topic', 'both', 'off'];

/** @throws QError INVALID_CONFIG */
export function resolveAudit(given: AuditOptions | undefined, { isSecured }: { isSecured: boolean }): AuditSettings {
  const { to = isSecured ? 'both' : 'off', logins = true } = given ?? {};
  const { retentionMs = auditLimits.retentionMs, retentionBytes = auditLimits.retentionBytes } = given ?? {};
  if (!places.includes(to)) throw wrong('audit.to', to, `must be one of ${places.join(', ')}`);
  if (typeof logins !== 'boolean') throw wrong('audit.logins', String(logins), 'must be true or false');
  for (const [setting, value] of Object.entries({ retentionMs, retentionBytes }))
    if (!Number.isSafeInteger(value) || value === 0 || value < -1)
      throw wrong(`audit.${setting}`, String(value), 'must be a whole number from 1 up, or -1 for no limit');
  return {
    isLogged: to === 'log' || to === 'both',
    isKept: to === 'topic' || to === 'both',
    hasLogins: logins,
    retentionMs,
    retentionBytes,
  };
}

function wrong(setting: string, value: string, allowed: string): QError {
  return new QError('INVALID_CONFIG', `${setting} = ${value}: ${allowed}`, { details: { setting, value, allowed } });
}

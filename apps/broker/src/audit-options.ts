import type { AuditOptions } from '@q/broker';
import type { Settings } from './settings.ts';

type AuditSettings = Pick<Settings, 'audit' | 'auditLogins' | 'auditRetentionMs' | 'auditRetentionBytes'>;

/** The settings of the audit trail as the embedding API takes them. */
export function auditOptions(settings: AuditSettings): AuditOptions {
  const { audit, auditLogins, auditRetentionMs, auditRetentionBytes } = settings;
  return {
    ...(audit !== 'auto' && { to: audit }),
    logins: auditLogins,
    retentionMs: auditRetentionMs ?? -1,
    retentionBytes: auditRetentionBytes ?? -1,
  };
}

import type { TokenAlgorithm, TokenOptions } from '@q/broker';
import type { Settings } from './settings.ts';

/**
 * Loads what checks tokens, in the time in which the broker reads its data. The broker takes it from here: it needs the
 * package, and does not bring it.
 */
export async function loadTokenChecks(): Promise<void> {
  await import('jose');
}

/** The settings of tokens as the embedding API takes them; null: none are taken. @throws Error INVALID_CONFIG */
export function tokenOptions(settings: Settings): TokenOptions | null {
  const { oauthIssuer: issuer, oauthAudience: audience, oauthKeys: keys, oauthAlgorithms: algorithms } = settings;
  if (issuer === null && audience === null && keys === null) return null;
  if (issuer === null) throw missing('oauthIssuer');
  // Without it a token for any other service of the same issuer would do.
  if (audience === null) throw missing('oauthAudience');
  if (keys === null) throw missing('oauthKeys');
  return {
    issuer,
    audience: audience.split(','),
    keys,
    ...(algorithms !== null && { algorithms: algorithms.split(',') as TokenAlgorithm[] }),
    principalClaim: settings.oauthPrincipalClaim,
    clockSkewMs: settings.oauthClockSkewMs,
    lifetimeMsMax: settings.oauthTokenLifetimeMs,
  };
}

/** As the broker says what is not allowed. */
function missing(setting: string): Error {
  const allowed = 'to take tokens, set oauthIssuer, oauthAudience and oauthKeys';
  const details = { setting, value: 'none', allowed };
  return Object.assign(new Error(`${setting} = none: ${allowed}`), { code: 'INVALID_CONFIG', details });
}

import { QError } from '@q/protocol';
import type * as Jose from 'jose';
import type { Clock } from '../../../clock.ts';
import type { BrokerLogger } from '../../../logger.ts';
import type { AuditNotes } from '../../audit/audit.ts';
import type { TokenVerifier } from '../authentication.ts';
import type { KeyReader } from './key-source.ts';
import { JwtVerifier } from './jwt-verifier.ts';
import { nodeKeyReader } from './node-key-reader.ts';
import { TokenKeys } from './token-keys.ts';
import { resolveTokenOptions } from './token-options.ts';
import type { TokenOptions } from './token-options.ts';

export interface TokenTools {
  readonly clock: Clock;
  readonly logger: BrokerLogger;
  readonly audit: AuditNotes;
  /** Default: the machine's. */
  readonly reader?: KeyReader;
}

/** @throws QError INVALID_CONFIG also where `jose` is not installed, or a file has no keys */
export async function openTokenVerifier(given: TokenOptions, tools: TokenTools): Promise<TokenVerifier> {
  const options = resolveTokenOptions(given);
  const jose = await loadJose();
  const keys = new TokenKeys({
    options,
    reader: tools.reader ?? nodeKeyReader,
    makeSet: (set) => jose.createLocalJWKSet(set),
    clock: tools.clock,
    logger: tools.logger,
    audit: tools.audit,
  });
  await keys.open();
  return new JwtVerifier({ options, keys, jose, clock: tools.clock });
}

/** Only where tokens are checked: it takes time and memory. */
async function loadJose(): Promise<typeof Jose> {
  try {
    return await import('jose');
  } catch (cause) {
    throw new QError('INVALID_CONFIG', 'security.tokens: needs jose, which is not installed', {
      cause,
      details: { setting: 'security.tokens' },
    });
  }
}

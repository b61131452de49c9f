import { QError } from '@q/protocol';

import { clientLimits } from './limits.ts';
import { shown } from './shown.ts';

/** Where a broker listens. */
export interface Address {
  /** A name or an IP address. */
  readonly host: string;
  /** A TCP port. */
  readonly port: number;
}

/** `host:port`, with an IPv6 host in brackets. Two equal addresses give the same text. */
export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

// scheme (optional) · host: a name without control characters, an IPv4 address, or an IPv6 address in brackets · port
// (optional) · a bare slash
const pattern = /^(?:qs?:\/\/)?(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([^\s\p{Cc}:/?#@[\]]+))(?::(\d{1,5}))?\/?$/u;

/**
 * Reads `q://host:port`, `qs://host:port` (encrypted), `host:port` or `host` (port 7420). There are no users and
 * passwords; what could be one is never shown.
 *
 * @throws QError `INVALID_CONFIG` naming the text, without what may be secret, and the accepted forms.
 */
export function parseAddress(text: string): Address {
  if (typeof text !== 'string') throw refused(text);
  const match = pattern.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? clientLimits.portDefault : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) throw refused(withoutSecrets(text));
  return { host, port };
}

function refused(given: unknown): QError {
  return new QError(
    'INVALID_CONFIG',
    `${shown(given)} is not a broker address; write q://host:port, host:port or host (port ${clientLimits.portDefault})`,
    {
      details: { argument: 'url', ...(typeof given === 'string' ? { address: given } : {}) },
    },
  );
}

/** Errors are logged: what may be a password (before the last @, or behind a question mark) is left out. */
function withoutSecrets(text: string): string {
  return text.replace(/^([A-Za-z][\w+.-]*:\/\/)?.*@/su, '$1***@').replace(/[?#].*$/su, '?***');
}

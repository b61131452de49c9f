import { QError } from '@q/protocol';

import { clientLimits } from './limits.ts';

/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with an IPv6 host in brackets. Two equal addresses give the same text. */
export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

// scheme (optional) · host: a name, an IPv4 address, or an IPv6 address in brackets · port (optional) · a bare slash
const pattern = /^(?:q:\/\/)?(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([^\s:/?#@[\]]+))(?::(\d{1,5}))?\/?$/;

/**
 * Reads `q://host:port`, `host:port` or `host` (port 7420).
 *
 * @throws QError `INVALID_CONFIG` naming the text and the accepted forms.
 */
export function parseAddress(text: string): Address {
  const match = pattern.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? clientLimits.portDefault : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new QError('INVALID_CONFIG', `"${text}" is not a broker address; write q://host:port, host:port or host (port ${clientLimits.portDefault})`, {
      details: { address: text },
    });
  }
  return { host, port };
}

import { formatAddress, isLoopbackHost } from '../address.ts';

/** Where the admin interface listens. */
export interface AdminPlace {
  readonly scheme?: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

const wildcards = new Set(['0.0.0.0', '::', '*']);

/** How an IPv4 address looks to a socket that takes both kinds. */
const mappedIpv4 = /^::ffff:(?=\d+\.)/;

/**
 * The URL of the admin interface for whoever dialled `localAddress`, or null when it has none to dial: one that listens
 * on the loopback alone is of no use from elsewhere, where that address means another machine.
 */
export function adminUrlFor(
  admin: AdminPlace | null,
  advertisedHost: string | null,
): (localAddress: string) => string | null {
  if (admin === null) return () => null;
  const { host, port, scheme = 'http' } = admin;
  const urlOf = (name: string): string => `${scheme}://${formatAddress(name, port)}`;
  return (given) => {
    const localAddress = given.replace(mappedIpv4, '');
    if (isLoopbackHost(host)) return isLoopbackHost(localAddress) ? urlOf(host) : null;
    if (!wildcards.has(host)) return urlOf(host);
    return urlOf(advertisedHost ?? localAddress);
  };
}

import { canonicalAddress } from './address.ts';

/** What one customer of a provider gets at least: with it goes any number of addresses. */
const groupsOfNetwork = 4;

/**
 * Whose share an address takes: an IPv4 address its own, an IPv6 address that of its /64, as `2001:db8:0:7::/64`, since
 * whoever has one of these has all 2^64 of it. A text that is no address is itself.
 */
export function networkOf(address: string): string {
  // The way of those that most connections have, without a look at each digit.
  if (!address.includes(':')) return address;
  const canonical = canonicalAddress(address);
  if (canonical === null || !canonical.includes(':')) return canonical ?? address;
  const [high = '', low = ''] = canonical.split('::', 2);
  const before = groupsIn(high);
  const after = groupsIn(low);
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, groupsOfNetwork).join(':')}::/64`;
}

function groupsIn(part: string): string[] {
  return part === '' ? [] : part.split(':');
}

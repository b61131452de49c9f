/**
 * Addresses in one way of writing each, so that a rule about an address holds however somebody wrote it: an IPv6
 * address has many texts, and an IPv4 one that came through a socket of both kinds has `::ffff:` before it.
 */

/** Null for a text that is no IP address. */
export function canonicalAddress(text: string): string | null {
  if (text.includes(':')) return canonicalIpv6(text);
  return isIpv4(text) ? text : null;
}

/** No leading zeros: some programs take them for octal. */
function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function canonicalIpv6(text: string): string | null {
  const [address = ''] = text.split('%', 1);
  if (address.length > 45 || !/^[\da-f:.]+$/i.test(address)) return null;
  const url = URL.parse(`http://[${address}]`);
  if (url === null) return null;
  const short = url.hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  return [high, low]
    .map((half) => Number.parseInt(half, 16))
    .flatMap((half) => [half >> 8, half & 255])
    .join('.');
}

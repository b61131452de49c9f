import { isIP } from 'node:net';

/** The 4 or 16 bytes of an IP address; null for what is none. */
export function addressBytes(text: string): Buffer | null {
  switch (isIP(text)) {
    case 4:
      return Buffer.from(text.split('.').map(Number));
    case 6:
      return bytesOfIPv6(text);
    default:
      return null;
  }
}

/** An IPv6 address as RFC 5952 writes it; anything else as it is. */
export function shortestForm(host: string): string {
  return isIP(host) === 6 ? (URL.parse(`http://[${host}]`)?.hostname.slice(1, -1) ?? host) : host;
}

/** The URL parser writes every form of it in the one of RFC 5952, with at most one `::`. */
function bytesOfIPv6(text: string): Buffer {
  const [head = '', tail] = shortestForm(text).split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number(`0x${group}`)));
  const front = groups(head);
  const back = groups(tail ?? '');
  const all = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

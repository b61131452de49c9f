/**
 * Keeps web pages out. The interface has no login, and a browser lets any page send requests to this machine:
 *
 * - A page whose own name was made to lead here (DNS rebinding) is told by the `Host` that its browser sends. Taken are
 *   addresses, which lead nowhere else, names that nobody outside can give to a page (`localhost`, those without a dot,
 *   and those of a cluster), and names that the operator has given.
 * - A page of another origin says so in `Origin`, or in `Sec-Fetch-Site`. Without CORS headers it could not read an
 *   answer, but it could change things.
 */
import { Problem } from './problem.ts';

/** Headers as Node has them. */
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Null: whoever asks may. `allowedHosts` are names without a port, in any case. */
export function checkCaller(
  headers: Headers,
  { allowedHosts, url }: { readonly allowedHosts: readonly string[]; readonly url: string },
): Problem | null {
  const host = headers['host'];
  if (typeof host !== 'string' || !isAllowed(host, [...allowedHosts, new URL(url).hostname])) {
    return new Problem(
      'FORBIDDEN_HOST',
      `the Host header is ${shown(host)}; it must be an address or an allowed name`,
      {
        errors: [
          {
            field: 'header.host',
            value: typeof host === 'string' ? host : null,
            allowed: ['an IP address', 'a name without a dot', ...allowedHosts].join(', '),
          },
        ],
      },
    );
  }
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isSame = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  if (isSame && (site === undefined || site === 'same-origin' || site === 'none')) return null;
  return new Problem('FORBIDDEN_ORIGIN', `pages of ${shown(origin)} may not use the admin interface of this broker`);
}

function isAllowed(host: string, names: readonly string[]): boolean {
  // No URL can be made of some that look like an address: 999.1.1.1, or a port of 99999.
  if (!URL.canParse(`http://${host}`)) return false;
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(name) || /^\[[\da-f:.]+\]$/.test(name)) return true;
  return ofThisSide.test(name) || names.some((known) => known.toLowerCase() === name);
}

/** What only a local resolver knows: a service of a container's network, a host of the same domain. */
const ofThisSide = /^[\da-z_-]+$|\.(localhost|svc|cluster\.local|internal)$/;

function shown(value: string | string[] | undefined): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

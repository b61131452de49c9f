/**
 * Keeps web pages out: a browser lets any page send requests to this machine, with the password that it remembers.
 *
 * - A page whose own name was made to lead here (DNS rebinding) is told by the `Host` that its browser sends:
 *   `isAllowedHost` says which are taken.
 * - A page of another origin says so in `Origin`, or in `Sec-Fetch-Site`. Without CORS headers it could not read an
 *   answer, but it could change things.
 */
import { isAllowedHost } from '@q/broker';
import { Problem } from './problem.ts';

/** Headers as Node has them. */
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Null: whoever asks may. `allowedHosts` are names without a port, in any case. */
export function checkCaller(
  headers: Headers,
  {
    allowedHosts,
    url,
    isEncrypted,
  }: { readonly allowedHosts: readonly string[]; readonly url: string; readonly isEncrypted: boolean },
): Problem | null {
  const host = headers['host'];
  if (typeof host !== 'string' || !isAllowedHost(host, [...allowedHosts, new URL(url).hostname])) {
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
  // Behind a proxy that encrypts a page is of `https:` where this server is not; never the other way round.
  const isSame = origin === undefined || origin === `https://${host}` || (!isEncrypted && origin === `http://${host}`);
  if (isSame && (site === undefined || site === 'same-origin' || site === 'none')) return null;
  return new Problem('FORBIDDEN_ORIGIN', `pages of ${shown(origin)} may not use the admin interface of this broker`);
}

function shown(value: string | string[] | undefined): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

/**
 * Whether a request names this broker. A web page whose own name was made to lead here (DNS rebinding) is told by the
 * `Host` that its browser sends. Taken are addresses, which lead nowhere else, names that nobody outside can give to a
 * page (`localhost`, those without a dot, and those of a cluster), and names that the operator has given.
 */

/** `names` are without a port, in any case. */
export function isAllowedHost(host: string | undefined, names: readonly string[]): boolean {
  // No URL can be made of some that look like an address: 999.1.1.1, or a port of 99999.
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(name) || /^\[[\da-f:.]+\]$/.test(name)) return true;
  return ofThisSide.test(name) || names.some((known) => known.toLowerCase() === name);
}

/** What only a local resolver knows: a service of a container's network, a host of the same domain. */
const ofThisSide = /^[\da-z_-]+$|\.(localhost|svc|cluster\.local|internal)$/;

/**
 * The first four bytes of protocols that often knock at the wrong port. Read as a frame length each is far beyond
 * any limit, so the words replace a number of bytes that would tell a person nothing.
 */
const greetings: ReadonlyMap<string, string> = new Map([
  ['GET ', 'an HTTP request'],
  ['POST', 'an HTTP request'],
  ['PUT ', 'an HTTP request'],
  ['HEAD', 'an HTTP request'],
  ['DELE', 'an HTTP request'],
  ['OPTI', 'an HTTP request'],
  ['PATC', 'an HTTP request'],
  ['CONN', 'an HTTP request'],
  ['PRI ', 'an HTTP/2 request'],
  ['HTTP', 'an HTTP answer'],
  ['SSH-', 'an SSH greeting'],
]);

/** Says what the peer seems to speak when the length field of its first frame is the greeting of another protocol. */
export function foreignProtocol(length: number): string | null {
  // TLS record of type handshake (22), version 3.x.
  if (length >>> 16 === 0x1603) {
    return 'this looks like a TLS handshake, but the port speaks the plain q protocol: connect without TLS';
  }
  const letters = String.fromCharCode(length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
  const greeting = greetings.get(letters);
  if (greeting === undefined) return null;
  const hint = greeting.includes('HTTP') ? '; browsers and HTTP tools belong to the admin port' : '';
  return `this looks like ${greeting}, but the port speaks the q protocol${hint}`;
}

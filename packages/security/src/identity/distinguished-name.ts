/**
 * The name of a certificate's subject, in the form of RFC 2253 that Kafka's mapping rules are written for: the last
 * attribute first, `CN=svc-orders,OU=Ops\, Team 1,O=Acme`.
 */

/** One attribute of a subject, in the order of the certificate. */
export interface NameAttribute {
  /** `CN`, `OU`, …; for types without a short name the dotted number. */
  readonly type: string;
  readonly value: string;
}

/**
 * From what `X509Certificate.subject` of Node gives: a line for each attribute, `TYPE=VALUE`; several that belong
 * together stand in one line with ` + ` between them.
 */
export function parseSubject(subject: string): NameAttribute[] {
  return subject
    .split('\n')
    .filter((line) => line.length > 0)
    .map((line) => {
      const at = line.indexOf('=');
      return at < 0 ? { type: line, value: '' } : { type: line.slice(0, at), value: unquoted(line.slice(at + 1)) };
    });
}

/** Node quotes and escapes what could be mistaken for structure. */
function unquoted(text: string): string {
  const inner = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  return inner.replaceAll(/\\(.)/gs, '$1');
}

/** The name as RFC 2253 writes it. */
export function formatDistinguishedName(attributes: readonly NameAttribute[]): string {
  return attributes
    .toReversed()
    .map(({ type, value }) => `${type}=${escaped(value)}`)
    .join(',');
}

function escaped(value: string): string {
  return value
    .replaceAll(/[\\,+"<>;=]/g, String.raw`\$&`)
    .replace(/^[ #]/, String.raw`\$&`)
    .replace(/(?<!\\) $/, String.raw`\ `);
}

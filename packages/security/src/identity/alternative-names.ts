/** Other names of a certificate's subject that principals may be made of. */
export type AlternativeKind = 'DNS' | 'EMAIL' | 'URI';

/** One more name that a certificate has, such as a host name or an address of mail. */
export interface AlternativeName {
  readonly kind: AlternativeKind;
  readonly value: string;
}

/** As Node writes them. */
const kinds: Readonly<Record<string, AlternativeKind>> = { DNS: 'DNS', email: 'EMAIL', URI: 'URI' };

/** One name: its type, then a text in quotes, as JSON writes it, or one without a comma. */
const oneName = /([^:,]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/**
 * From what `X509Certificate.subjectAltName` of Node gives, `DNS:a.example, URI:spiffe://a/b`. Node quotes a value that
 * could be mistaken for structure. Names of other types are left out; where something cannot be read, so is all of it.
 */
export function parseAlternativeNames(text: string): AlternativeName[] {
  const names: AlternativeName[] = [];
  oneName.lastIndex = 0;
  while (oneName.lastIndex < text.length) {
    const [, type = '', written = ''] = oneName.exec(text) ?? [];
    if (type === '') return [];
    const kind = kinds[type];
    const value = unquoted(written);
    if (value === null) return [];
    if (kind !== undefined && value !== '') names.push({ kind, value });
  }
  return names;
}

function unquoted(written: string): string | null {
  if (!written.startsWith('"')) return written;
  try {
    return JSON.parse(written) as string;
  } catch {
    return null;
  }
}

/** Texts of the kinds of settings that are more than a number or a word: read by the schema, and by the program. */

/** `host:port`, with an IPv6 host in brackets. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** What looks like one; whether the host and the port can be is for the schema. Null: it does not. */
export function readAddress(text: string): HostAndPort | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  return match === null ? null : { host: match[1] ?? match[2] ?? '', port: Number(match[3]) };
}

export function writeAddress({ host, port }: HostAndPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** A number of bytes, plain or with a unit; null when the text is none, or comes to no whole number. */
export function readBytes(text: string): number | null {
  const match = /^(\d{1,16}(?:\.\d{1,9})?)\s*([KMGT]?i?B)?$/i.exec(text);
  const unit = byteUnits[(match?.[2] ?? '').toUpperCase()];
  if (match === null || unit === undefined) return null;
  const bytes = Number(match[1]) * unit;
  return Number.isSafeInteger(bytes) ? bytes : null;
}

export type Pairs = Readonly<Record<string, string>>;

/** `name=value` pairs, several separated by `;` (values may contain commas); null when the text is none. */
export function readPairs(text: string): [name: string, value: string][] | null {
  const result: [string, string][] = [];
  for (const pair of text.split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    if (equals < 0 || name === '' || result.some(([other]) => other === name)) return null;
    result.push([name, pair.slice(equals + 1).trim()]);
  }
  return result;
}

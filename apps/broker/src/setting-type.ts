/** How one kind of value is read from text (a flag, a variable, a scalar of the file) and written back. */
export interface SettingType<T> {
  /** Shown in help as `--flag <placeholder>`. */
  readonly placeholder: string;
  /** What is allowed, in words that follow "allowed: ". */
  readonly allowed: string;
  /** `undefined` when the text is not allowed. */
  parse(text: string): T | undefined;
  /** Only where a file may carry a map. Values from several sources are then merged, name by name. */
  parseMap?(map: Pairs): T | undefined;
  format(value: T): string;
}

/** The value of a setting that may be left out altogether, such as a cap. */
export const none = 'none';

export function wholeNumber(range: { min: number; max: number }): SettingType<number> {
  return {
    placeholder: 'number',
    allowed: `a whole number from ${range.min} to ${range.max}`,
    parse(text) {
      if (!/^\d{1,16}$/.test(text)) return undefined;
      const value = Number(text);
      return value >= range.min && value <= range.max ? value : undefined;
    },
    format: String,
  };
}

export function choice<const T extends string>(values: readonly T[]): SettingType<T> {
  return {
    placeholder: values.join('|'),
    allowed: `one of ${values.join(', ')}`,
    parse: (text) => values.find((value) => value === text),
    format: String,
  };
}

/** True and false under the spellings that shells and YAML files use. */
export const yesOrNo: SettingType<boolean> = {
  placeholder: 'true|false',
  allowed: 'true or false',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  format: String,
};

/** Host names, IPv4 and IPv6 addresses: only what could never be one is refused here, the listener says the rest. */
export const hostName: SettingType<string> = {
  placeholder: 'host',
  allowed: 'a host name or an IP address, without a port',
  parse: (text) => (/^[A-Za-z0-9._-]+$/.test(text) || /^(?=.*:.*:)[0-9A-Fa-f:.]+$/.test(text) ? text : undefined),
  format: String,
};

export const path: SettingType<string> = {
  placeholder: 'path',
  allowed: 'the path of a folder',
  parse: (text) => (text.length > 0 && !text.includes('\0') ? text : undefined),
  format: String,
};

/** `host:port`, with an IPv6 host in brackets. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export const hostAndPort: SettingType<HostAndPort | null> = {
  placeholder: 'host:port',
  allowed: `host:port with a port from 1 to 65535, or ${none}`,
  parse(text) {
    if (text === none) return null;
    const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
    if (match === null) return undefined;
    const host = hostName.parse(match[1] ?? match[2] ?? '');
    const port = wholeNumber({ min: 1, max: 65_535 }).parse(match[3] ?? '');
    return host === undefined || port === undefined ? undefined : { host, port };
  },
  format(value) {
    if (value === null) return none;
    return value.host.includes(':') ? `[${value.host}]:${value.port}` : `${value.host}:${value.port}`;
  },
};

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

/** A number of bytes, plain or with a unit; `null` is "no cap". */
export const byteCap: SettingType<number | null> = {
  placeholder: 'bytes',
  allowed: `a number of bytes above 0 such as 1073741824, 500MB or 10GiB, or ${none}`,
  parse(text) {
    if (text === none) return null;
    const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?i?B)?$/i.exec(text);
    const unit = byteUnits[(match?.[2] ?? '').toUpperCase()];
    if (match === null || unit === undefined) return undefined;
    const bytes = Number(match[1]) * unit;
    return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
  },
  format: (value) => (value === null ? none : String(value)),
};

/** A port, or `off` for "do not listen at all". */
export const portOrOff: SettingType<number | null> = {
  placeholder: 'port',
  allowed: 'a port from 0 to 65535 (0 lets the system choose), or off',
  parse: (text) => (text === 'off' ? null : port.parse(text)),
  format: (value) => (value === null ? 'off' : String(value)),
};

export const port: SettingType<number> = {
  ...wholeNumber({ min: 0, max: 65_535 }),
  placeholder: 'port',
  allowed: 'a port from 0 to 65535 (0 lets the system choose)',
};

export type Pairs = Readonly<Record<string, string>>;

/**
 * `name=value` pairs. In a variable several are separated by `;` (values may contain commas); a flag is repeated;
 * a file carries a map.
 */
export const pairs: SettingType<Pairs> = {
  placeholder: 'name=value',
  allowed: 'name=value, several separated by ";"',
  parse: readPairs,
  parseMap: (map) => map,
  format: (value) => writePairs(value),
};

export type NumberPairs = Readonly<Record<string, number>>;

/** Pairs whose values are whole numbers. */
export const numberPairs: SettingType<NumberPairs> = {
  placeholder: 'name=number',
  allowed: 'name=number with a whole number, several separated by ";"',
  parse(text) {
    const map = readPairs(text);
    return map === undefined ? undefined : toNumbers(map);
  },
  parseMap: toNumbers,
  format: (value) => writePairs(value),
};

function readPairs(text: string): Pairs | undefined {
  const result: Record<string, string> = {};
  for (const pair of text.split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    if (equals < 0 || name === '' || Object.hasOwn(result, name)) return undefined;
    result[name] = pair.slice(equals + 1).trim();
  }
  return result;
}

function writePairs(value: Readonly<Record<string, string | number>>): string {
  return Object.entries(value)
    .map(([name, text]) => `${name}=${text}`)
    .join(';');
}

function toNumbers(map: Pairs): NumberPairs | undefined {
  const entries = Object.entries(map);
  if (!entries.every(([, text]) => /^\d{1,15}$/.test(text))) return undefined;
  return Object.fromEntries(entries.map(([name, text]) => [name, Number(text)]));
}

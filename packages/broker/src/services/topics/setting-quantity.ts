/**
 * Durations and sizes as people write them. What is stored is the plain number, so that every reader of a setting, in
 * any version, reads the same.
 */
export type QuantityUnit = 'ms' | 'bytes';

const unitsOf: Readonly<Record<QuantityUnit, Readonly<Record<string, number>>>> = {
  ms: { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 },
  bytes: { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
};

export const quantityExamples: Readonly<Record<QuantityUnit, string>> = {
  ms: 'ms, or with a unit such as 90s, 12h or 7d',
  bytes: 'bytes, or with a unit such as 500MB or 10GiB',
};

/** `3600000`, `1h`, `1d12h`, `1.5GiB`: the number, or null when the text is none or comes to no whole one. */
export function readQuantity(text: string, unit: QuantityUnit): number | null {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : withUnits(text, unit);
  return value !== null && Number.isSafeInteger(value) ? value : null;
}

function withUnits(text: string, unit: QuantityUnit): number | null {
  if (text.length > 64 || !/^(\d{1,16}(\.\d{1,9})?\s*[a-z]+)+$/i.test(text)) return null;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)];
  // A time is often written in two parts, such as 1d12h; a size never is.
  if (unit === 'bytes' && parts.length > 1) return null;
  let total = 0;
  for (const [, amount = '', name = ''] of parts) {
    const factor = unitsOf[unit][unit === 'bytes' ? name.toLowerCase() : name];
    if (factor === undefined) return null;
    total += Number(amount) * factor;
  }
  return total;
}

/** `1234567` as `1,234,567`. Not `Intl`, which takes longer to load than the command takes to run. */
export function formatCount(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',');
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Binary units with one decimal, as in `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.95 would be written as "1024.0".
  while (Math.abs(value) >= 1023.95 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${byteUnits[unit]}`;
}

/** The two largest units that matter, as in `3 h 20 min`; below a minute `12.3 s`, below a second `40 ms`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(1)} s`;
  const minutes = Math.floor(durationMs / 60_000);
  if (minutes < 60) return twoUnits(minutes, 'min', Math.floor((durationMs % 60_000) / 1000), 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return twoUnits(hours, 'h', minutes % 60, 'min');
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** How quantities are written: for people, or as the plain number with `--raw`. */
export interface Units {
  count(value: number): string;
  /** Of something that may be less: `at most 1,234`. As a plain number it is only that number. */
  bound(value: number, isExact: boolean): string;
  bytes(value: number): string;
  duration(valueMs: number): string;
}

export const humanUnits: Units = {
  count: formatCount,
  bound: (value, isExact) => (isExact ? formatCount(value) : `at most ${formatCount(value)}`),
  bytes: formatBytes,
  duration: formatDuration,
};
export const rawUnits: Units = { count: String, bound: String, bytes: String, duration: String };

export function unitsOf({ raw }: { readonly raw?: boolean }): Units {
  return raw === true ? rawUnits : humanUnits;
}

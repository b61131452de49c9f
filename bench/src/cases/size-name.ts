const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** In the largest unit that leaves a number of at least 1: `100 B`, `1 KiB`, `10 GiB`, `78.3 GiB`. */
export function sizeName(bytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`;
}

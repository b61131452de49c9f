const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Values as bars beside each other, from nothing to the largest of them. */
export function sparkline(values: readonly number[]): string {
  const max = Math.max(...values, 0);
  return values
    .map((value) => bars[max === 0 ? 0 : Math.round((Math.max(0, value) / max) * (bars.length - 1))] ?? bars[0])
    .join('');
}

/** `1 record`, `2 records`: the number as it is written, and its noun. */
export function counted(number: string, noun: string): string {
  return `${number} ${noun}${number === '1' ? '' : 's'}`;
}

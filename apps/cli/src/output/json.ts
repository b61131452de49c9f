/** An answer for programs: one line, or spread out for whoever reads it on a terminal. */
export function formatJson(value: unknown, isTerminal: boolean): string {
  return `${JSON.stringify(value, null, isTerminal ? 2 : undefined)}\n`;
}

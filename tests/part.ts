/**
 * The share of a rig's work that one of several processes does: every `of`-th thing, beginning with the one at `index`.
 */
export interface Part {
  readonly index: number;
  readonly of: number;
}

export const whole: Part = { index: 0, of: 1 };

/** As on the command line: `1/2` is the first of two. */
export function parsePart(text: string): Part {
  const [number, of] = text.split('/').map(Number);
  if (!Number.isInteger(number) || !Number.isInteger(of) || number! < 1 || number! > of!)
    throw new Error(`a part looks like 1/2, not like '${text}'`);
  return { index: number! - 1, of: of! };
}

export function formatPart({ index, of }: Part): string {
  return `${index + 1}/${of}`;
}

export function partOf<T>(things: readonly T[], { index, of }: Part): T[] {
  return things.filter((_, position) => position % of === index);
}

import type { ObjectPart } from '../object-store.ts';

/** Where the bytes of an answer lie in the object. */
export interface ContentRange {
  readonly position: number;
  readonly length: number;
  readonly sizeBytes: number;
}

export function rangeHeader(part: ObjectPart): string {
  return 'lastBytes' in part ? `bytes=-${part.lastBytes}` : `bytes=${part.position}-${part.position + part.length - 1}`;
}

/** Null for what is no range of known place and size. */
export function parseContentRange(text: string | undefined): ContentRange | null {
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(text ?? '');
  if (match === null) return null;
  const [first, last, sizeBytes] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const isSense = first <= last && last < sizeBytes && Number.isSafeInteger(sizeBytes);
  return isSense ? { position: first, length: last - first + 1, sizeBytes } : null;
}

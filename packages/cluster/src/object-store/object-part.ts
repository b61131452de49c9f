import type { ObjectPart } from './object-store.ts';

/** Where a part lies in an object of so many bytes; null where the object has nothing of it. */
export function placeOf(
  part: ObjectPart,
  sizeBytes: number,
): { readonly position: number; readonly length: number } | null {
  const position = 'lastBytes' in part ? Math.max(0, sizeBytes - part.lastBytes) : part.position;
  if (position >= sizeBytes) return null;
  const wanted = 'lastBytes' in part ? part.lastBytes : part.length;
  return { position, length: Math.min(wanted, sizeBytes - position) };
}

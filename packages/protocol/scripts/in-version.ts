import type { KindShape } from '../src/index.ts';

/**
 * A value of a message without what its version does not have yet: as somebody sees it who speaks that version alone.
 */
export function inVersion(shape: KindShape, value: unknown, version: number): unknown {
  if (value === null || value === undefined) return value;
  if (shape.type === 'struct') {
    const fields = shape.fields.filter(({ since }) => since <= version);
    return Object.fromEntries(
      fields.map(({ name, kind }) => [name, inVersion(kind, (value as Record<string, unknown>)[name], version)]),
    );
  }
  if (shape.type === 'array' || shape.type === 'nullableArray')
    return (value as unknown[]).map((item) => inVersion(shape.element, item, version));
  return value;
}
